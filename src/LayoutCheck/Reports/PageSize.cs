using System.Globalization;

namespace LayoutCheck.Reports;

/// <summary>The size of a page of memory that a kernel was built for.</summary>
internal static class PageSize
{
    private const int Usual = 4096;

    // e_machine (elf.h) of architectures with one size of page: x86, x86-64, s390, and arm of 32 bits.
    private static readonly int[] s_machinesOfOneSize = [3, 62, 22, 40];

    // Each architecture has had its own options; since 6.9 all have the first ones (arch/Kconfig).
    private static readonly string[] s_forms = ["CONFIG_PAGE_SIZE_{0}KB", "CONFIG_ARM64_{0}K_PAGES", "CONFIG_PPC_{0}K_PAGES", "CONFIG_PAGE_SIZE_{0}K"];

    /// <summary>The size in bytes; null where the machine has several and the image does not tell its configuration.</summary>
    /// <param name="machine">e_machine of the ELF header, or null.</param>
    /// <param name="config">The configuration, or null.</param>
    public static int? Of(int? machine, IReadOnlyDictionary<string, string>? config)
        => machine is { } known && s_machinesOfOneSize.Contains(known) ? Usual : config is null ? null : OfConfig(config);

    private static int? OfConfig(IReadOnlyDictionary<string, string> config)
    {
        foreach (string option in (string[])["CONFIG_PAGE_SHIFT", "CONFIG_PPC_PAGE_SHIFT", "CONFIG_ARM64_PAGE_SHIFT"])
        {
            if (config.TryGetValue(option, out string? shift) && int.TryParse(shift, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 10 and <= 24)
            {
                return 1 << bits;
            }
        }

        for (int kilobytes = 1; kilobytes <= 1024; kilobytes *= 2)
        {
            if (s_forms.Any(form => config.GetValueOrDefault(string.Format(CultureInfo.InvariantCulture, form, kilobytes)) == "y"))
            {
                return kilobytes * 1024;
            }
        }

        return null;
    }
}
