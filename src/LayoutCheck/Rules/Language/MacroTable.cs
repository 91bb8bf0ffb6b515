using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>One branch of an <c>#if</c> that an image does not decide.</summary>
/// <param name="If">The <c>#if</c>, by its number in the file.</param>
/// <param name="Number">The branch, from 0.</param>
internal readonly record struct Branch(int If, int Number);

/// <summary>What a <c>#define</c> says.</summary>
/// <param name="Parameters">The parameters, or null of a macro without a list of them.</param>
/// <param name="IsVariadic">Whether the last parameter takes all that is left.</param>
/// <param name="Body">The tokens that replace it.</param>
internal sealed record Macro(ImmutableArray<string>? Parameters, bool IsVariadic, ImmutableArray<Token> Body);

/// <summary>
/// The macros of a text. A definition counts in its own branch of an <c>#if</c>, not in the other branches, and behind the <c>#endif</c> it is in doubt: which
/// branch was compiled is not known.
/// </summary>
internal sealed class MacroTable
{
    // The branches of one #if hide the definitions of the others one by one: a bound on how many are passed over.
    private const int MostHidden = 64;

    private readonly Dictionary<string, List<Entry>> _entries = new(StringComparer.Ordinal);

    /// <summary>Whether the text defines no macro at all.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Defines a macro in a branch, or with null takes its definition away there.</summary>
    /// <param name="name">The macro.</param>
    /// <param name="macro">The definition, or null.</param>
    /// <param name="path">The open branches, the outermost first.</param>
    /// <param name="condition">The condition of the branch, for an error.</param>
    public void Set(string name, Macro? macro, ImmutableArray<Branch> path, string condition)
    {
        if (!_entries.TryGetValue(name, out List<Entry>? entries))
        {
            _entries.Add(name, entries = []);
        }

        // A definition replaces those before it in its branch and in all branches within. They are the last ones: whatever came since the branch was opened is
        // within it, and nothing before is.
        while (entries.Count > 0 && IsWithin(entries[^1].Path, path))
        {
            entries.RemoveAt(entries.Count - 1);
        }

        entries.Add(new Entry(macro, path, condition));
    }

    /// <summary>The macro that a name stands for within a branch; null when it is none, or when that is in doubt.</summary>
    /// <param name="name">The name.</param>
    /// <param name="path">The open branches.</param>
    /// <param name="doubt">The definition that is in doubt, or null.</param>
    /// <param name="isDefined">Whether the text says that there is no such macro, or one.</param>
    public Macro? Find(string name, ImmutableArray<Branch> path, out Entry? doubt, out bool isDefined)
    {
        doubt = null;
        isDefined = false;
        if (!_entries.TryGetValue(name, out List<Entry>? entries))
        {
            return null;
        }

        for (int i = entries.Count - 1; i >= 0; i--)
        {
            Entry entry = entries[i];
            if (IsWithin(path, entry.Path))
            {
                isDefined = true;
                return entry.Macro;
            }

            if (!AreExclusive(path, entry.Path) || entries.Count - i > MostHidden)
            {
                doubt = entry;
                return entry.Macro;
            }
        }

        return null;
    }

    /// <summary>All definitions of a name, in doubt or not.</summary>
    public IEnumerable<Macro> AllOf(string name)
        => _entries.TryGetValue(name, out List<Entry>? entries) ? entries.Take(MostHidden).Select(e => e.Macro).OfType<Macro>() : [];

    private static bool IsWithin(ImmutableArray<Branch> inner, ImmutableArray<Branch> outer)
        => outer.Length <= inner.Length && inner.AsSpan(0, outer.Length).SequenceEqual(outer.AsSpan());

    private static bool AreExclusive(ImmutableArray<Branch> one, ImmutableArray<Branch> other)
    {
        for (int i = 0; i < one.Length && i < other.Length; i++)
        {
            if (one[i] != other[i])
            {
                return one[i].If == other[i].If;
            }
        }

        return false;
    }

    /// <summary>A definition, or with null the absence of one, where it was written.</summary>
    internal sealed record Entry(Macro? Macro, ImmutableArray<Branch> Path, string Condition);
}
