using System.Text;
using System.Text.Encodings.Web;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// The escapes of JSON strings: what JSON demands, and what a terminal would obey (<see cref="Printable"/>). All else is written as it is, so that grep finds
/// <c>7.3.4+deb13</c>. Hot: each string of a report comes through here, and the base class hands out pointers.
/// </summary>
internal sealed unsafe class JsonEscapes : JavaScriptEncoder
{
    /// <summary>The only one.</summary>
    public static JsonEscapes Instance { get; } = new();

    private JsonEscapes()
    {
    }

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 12;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar)
        => unicodeScalar is '"' or '\\' || (unicodeScalar < 0x80 ? unicodeScalar is < ' ' or 0x7f : !Rune.IsValid(unicodeScalar) || !Printable.IsHarmless(new Rune(unicodeScalar)));

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        ReadOnlySpan<char> rest = new(text, textLength);
        int at = 0;
        while (at < rest.Length)
        {
            if (char.IsAscii(rest[at]) && !WillEncode(rest[at]))
            {
                at++;
                continue;
            }

            if (Rune.DecodeFromUtf16(rest[at..], out Rune rune, out int length) != System.Buffers.OperationStatus.Done || WillEncode(rune.Value))
            {
                return at;
            }

            at += length;
        }

        return -1;
    }

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> output = new(buffer, bufferLength);
        numberOfCharactersWritten = 0;
        if (!WillEncode(unicodeScalar))
        {
            // One that replaces half of a surrogate pair.
            return Rune.TryCreate(unicodeScalar, out Rune plain) && plain.TryEncodeToUtf16(output, out numberOfCharactersWritten);
        }

        string escaped = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\b' => "\\b",
            '\f' => "\\f",
            < 0x10000 => $"\\u{unicodeScalar:x4}",
            _ => string.Concat(char.ConvertFromUtf32(unicodeScalar).Select(half => $"\\u{(int)half:x4}")),
        };
        numberOfCharactersWritten = escaped.Length;
        return escaped.TryCopyTo(output);
    }
}
