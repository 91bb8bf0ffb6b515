using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>The comparison of the structs that bindgen made for Rust with C's, as far as a rule asks for it.</summary>
/// <param name="NameCount">The number of twins that were compared; null when they cannot be read.</param>
/// <param name="MemberCount">The number of their members.</param>
/// <param name="Differences">The differences, in words.</param>
/// <param name="Doubt">Why there is none, or others may be missing, in a clause; null when all were compared.</param>
internal sealed record RustTwinFacts(int? NameCount, int MemberCount, ImmutableArray<string> Differences, string? Doubt);
