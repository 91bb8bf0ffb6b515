namespace LayoutCheck.Bpf;

/// <summary>Names as CO-RE compares them.</summary>
internal static class BpfNames
{
    /// <summary>
    /// The part of a name that is compared: a flavour, all from the last <c>___</c> on that has other characters than underscores on both sides, is cut
    /// (bpf_core_essential_name_len, tools/lib/bpf/libbpf.c).
    /// </summary>
    public static string Essential(string name)
    {
        for (int i = name.Length - 5; i >= 0; i--)
        {
            if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' && name[i + 4] != '_')
            {
                return name[..(i + 1)];
            }
        }

        return name;
    }

    /// <summary>Whether two names are one, their flavours aside; no name is one with no name.</summary>
    public static bool Match(string? local, string? target)
        => string.IsNullOrEmpty(target) ? string.IsNullOrEmpty(local) : !string.IsNullOrEmpty(local) && Essential(local) == Essential(target);
}
