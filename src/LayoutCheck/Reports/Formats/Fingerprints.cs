using System.Security.Cryptography;
using System.Text;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Names for findings that stay the same from one build to the next: hashes over the rule, what was looked at, and the members; never over line numbers or values.
/// </summary>
internal sealed class Fingerprints
{
    private const int Length = 16;
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <summary>The fingerprint of a finding; equal findings are told apart by their order.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="finding">The finding.</param>
    /// <param name="image">What tells its image from others, or empty.</param>
    /// <returns>The hash in hexadecimal, and the number of the finding among equal ones, from 1.</returns>
    public (string Hash, int Ordinal) Of(FindingRule rule, Finding finding, string image)
    {
        // No printable text has a newline.
        string key = string.Join('\n', [image, rule.Id, finding.Name, .. finding.Subjects]);
        string hash = Hash(key);
        int ordinal = _seen[hash] = _seen.GetValueOrDefault(hash) + 1;
        return (hash, ordinal);
    }

    /// <summary>The first hexadecimal digits of a text's SHA-256.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..(2 * Length)];
}
