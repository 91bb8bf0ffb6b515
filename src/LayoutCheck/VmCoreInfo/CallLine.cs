using System.Globalization;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.VmCoreInfo;

/// <summary>The line that a call of vmcoreinfo_append_str writes: its format, with the arguments that are known.</summary>
internal static class CallLine
{
    /// <summary>Formats a line (lib/vsprintf.c: %s, %d, %u, %x with l or ll, %20phN).</summary>
    /// <param name="image">The image, for texts.</param>
    /// <param name="call">The call; its first argument is the address of the format.</param>
    /// <param name="format">The format.</param>
    /// <param name="buildId">The build id of the image, which %20phN prints; or null.</param>
    public static ExportedLine Of(CodeImage image, CallSite call, string format, string? buildId)
    {
        StringBuilder text = new();
        string? unknown = null;
        RegisterValue? number = null;
        long? value = null;
        int argument = 0;
        int at = 0;
        while (at < format.Length)
        {
            char c = format[at++];
            if (c != '%')
            {
                _ = text.Append(c);
                continue;
            }

            int start = at;
            while (at < format.Length && format[at] is 'l' or 'z' or (>= '0' and <= '9') or '#')
            {
                at++;
            }

            char conversion = at < format.Length ? format[at++] : '%';
            string flags = format[start..Math.Min(at - 1, format.Length)];
            if (conversion == '%')
            {
                _ = text.Append('%');
                continue;
            }

            argument++;
            RegisterValue passed = argument < call.Arguments.Length ? call.Arguments[argument] : RegisterValue.Unknown(Doubt.NotSet, call.Address);
            string? shown;
            if (conversion == 'p' && format.AsSpan(at).StartsWith("hN"))
            {
                at += 2;
                shown = buildId;
                unknown ??= buildId is null ? "the image has no build id" : null;
            }
            else if (conversion == 's')
            {
                shown = passed.Doubt == Doubt.None ? image.TextAt((ulong)passed.Value) : null;
                unknown ??= shown is null ? (passed.Doubt == Doubt.None ? "the text that is passed is not in the image" : passed.Reason) : null;
            }
            else
            {
                number = passed;
                (shown, value) = Number(passed, flags, conversion);
                unknown ??= shown is null ? (passed.Doubt == Doubt.None ? $"the format %{flags}{conversion} is not known" : passed.Reason) : null;
            }

            _ = text.Append(shown ?? "?");
        }

        string line = text.ToString().TrimEnd('\n');
        ExportedLine parsed = ExportedLine.Parse(line);
        // KASLR moves what is one of these.
        bool isAddress = parsed.Kind == ExportedKind.Symbol || parsed.Name == "KERNELOFFSET";
        bool isKnown = unknown is null && !isAddress;
        return parsed with
        {
            Text = isAddress ? $"{parsed.Key}=?" : line,
            Value = isKnown ? value : null,
            Unknown = isAddress ? "it depends on the address that the kernel runs at" : unknown,
            Instruction = isKnown && number is { } set ? set.At : call.Address,
            TextAddress = (ulong)call.Arguments[0].Value,
        };
    }

    private static (string? Text, long? Value) Number(RegisterValue passed, string flags, char conversion)
    {
        if (passed.Doubt != Doubt.None)
        {
            return (null, null);
        }

        bool isLong = flags.Contains('l', StringComparison.Ordinal) || flags.Contains('z', StringComparison.Ordinal);
        long value = isLong ? passed.Value : conversion == 'd' ? (int)passed.Value : (uint)passed.Value;
        return conversion switch
        {
            'd' => (value.ToString(CultureInfo.InvariantCulture), value),
            'u' => (((ulong)value).ToString(CultureInfo.InvariantCulture), value),
            'x' => (value.ToString("x", CultureInfo.InvariantCulture), value),
            _ => (null, null),
        };
    }
}
