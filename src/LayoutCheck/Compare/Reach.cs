using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>
/// Which exported symbols lead to changed types. A symbol reaches a type directly when its prototype names the type, by value or behind pointers, or names a
/// struct that has it inside; further by one for each member that is followed as a pointer. Nearly everything reaches everything through a few structs such as
/// task_struct, so the distance is the answer, and not whether there is a way.
/// </summary>
/// <param name="Asked">The number of symbols.</param>
/// <param name="Answered">The number of symbols with a prototype.</param>
/// <param name="Missing">The symbols without a prototype in either image, of the kernel itself or where the list does not tell.</param>
/// <param name="OfModules">How many symbols without a prototype are exported by modules, as the list says.</param>
/// <param name="Unread">The symbols whose prototypes are damaged, each with the problem.</param>
/// <param name="OnlyNew">The symbols that the new image alone has a prototype of, which counts.</param>
/// <param name="Types">The changed types that a symbol reaches.</param>
public sealed record Reach(
    int Asked, int Answered, ImmutableArray<string> Missing, int OfModules, ImmutableArray<string> Unread, ImmutableArray<string> OnlyNew, ImmutableDictionary<TypeName, ReachedType> Types)
{
    /// <summary>Determines the reach of some symbols over the old image. A symbol that only the new image has counts with its prototype there.</summary>
    /// <param name="symbols">The symbols.</param>
    /// <param name="old">The old image.</param>
    /// <param name="now">The new image.</param>
    /// <param name="changed">The changed types.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <exception cref="InvalidImageException">An image is damaged or not understood.</exception>
    internal static Reach Of(SymbolList symbols, ITypeSource old, ITypeSource now, IEnumerable<TypeName> changed, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        string[] names = [.. symbols.Symbols.Select(s => s.Name)];
        PrototypeSet before = old.FindPrototypes(names, pool);
        PrototypeSet after = now.FindPrototypes([.. before.Missing], pool);
        HashSet<string> nowhere = [.. after.Missing];
        ExportedSymbol[] missing = [.. symbols.Symbols.Where(s => nowhere.Contains(s.Name))];
        Prototype[] prototypes = [.. before.Found, .. after.Found];
        ReachSearch search = new(TypeReferences.Of(old.TakeCensus(pool), pool), prototypes);
        return new Reach(
            names.Length,
            prototypes.Length,
            [.. missing.Where(s => s.Module is null).Select(s => s.Name)],
            missing.Count(s => s.Module is not null),
            [.. before.Unread.Concat(after.Unread).Select(u => $"{u.Symbol}: {u.Problem.Message}")],
            [.. after.Found.Select(p => p.Symbol)],
            changed.Distinct().Select(search.Find).OfType<ReachedType>().ToImmutableDictionary(r => r.Type));
    }
}

/// <summary>The symbols that reach one changed type.</summary>
/// <param name="Type">The type.</param>
/// <param name="ByDistance">How many symbols reach it directly, through one member that points, through two, and so on.</param>
/// <param name="Direct">The symbols that reach it directly, in the order of the list.</param>
/// <param name="Example">The shortest way: <c>vfs_read(struct file *) -> file.f_mapping -> address_space</c>.</param>
public sealed record ReachedType(TypeName Type, ImmutableArray<int> ByDistance, ImmutableArray<string> Direct, string Example)
{
    /// <summary>How many symbols reach it at all.</summary>
    public int Count => ByDistance.Sum();
}

/// <summary>Finds the ways from prototypes to types. One search serves one thread.</summary>
/// <param name="references">The types of the image.</param>
/// <param name="prototypes">The prototypes.</param>
internal sealed class ReachSearch(TypeReferences references, IReadOnlyList<Prototype> prototypes)
{
    private const int Unreached = int.MaxValue;

    private readonly (NamedUse Use, int Index)[][] _uses = [.. prototypes.Select(p => p.Uses().Select(u => (u, references.IndexOf(u.Type))).ToArray())];
    private readonly int[] _distance = new int[references.Count];
    private readonly TypeReferences.Reference?[] _next = new TypeReferences.Reference?[references.Count];
    private readonly int[] _towards = new int[references.Count];

    /// <summary>The symbols that reach a type; null when none does.</summary>
    public ReachedType? Find(TypeName type)
    {
        int target = references.IndexOf(type);
        if (target >= 0)
        {
            Measure(target);
        }

        List<int> byDistance = [];
        ImmutableArray<string>.Builder direct = ImmutableArray.CreateBuilder<string>();
        (int Distance, int Prototype, NamedUse? Use, int Index) nearest = (Unreached, 0, null, 0);
        for (int i = 0; i < _uses.Length; i++)
        {
            (int distance, NamedUse? use, int index) = Nearest(_uses[i], type, target);
            if (use is null)
            {
                continue;
            }

            while (byDistance.Count <= distance)
            {
                byDistance.Add(0);
            }

            byDistance[distance]++;
            if (distance == 0)
            {
                direct.Add(prototypes[i].Symbol);
            }

            // Of two equally near ones, that which names the type itself is the better example.
            if (distance < nearest.Distance || (distance == nearest.Distance && use.Type == type && nearest.Use!.Type != type))
            {
                nearest = (distance, i, use, index);
            }
        }

        return nearest.Use is null ? null : new ReachedType(type, [.. byDistance], direct.ToImmutable(), Way(prototypes[nearest.Prototype], nearest.Use, nearest.Index, target));
    }

    private (int Distance, NamedUse? Use, int Index) Nearest((NamedUse Use, int Index)[] uses, TypeName type, int target)
    {
        (int Distance, NamedUse? Use, int Index) nearest = (Unreached, null, -1);
        foreach ((NamedUse use, int index) in uses)
        {
            int distance = use.Type == type ? 0 : target >= 0 && index >= 0 ? _distance[index] : Unreached;
            if (distance < nearest.Distance)
            {
                nearest = (distance, use, index);
            }
        }

        return nearest;
    }

    // Backwards from the type: what is embedded is no further, a pointer is one further.
    private void Measure(int target)
    {
        Array.Fill(_distance, Unreached);
        _distance[target] = 0;
        _next[target] = null;
        Deque queue = new(references.Count);
        queue.AddLast(target);
        while (queue.TryTake(out int at))
        {
            foreach (TypeReferences.Reference reference in references.Into(at))
            {
                int distance = _distance[at] + (reference.IsPointer ? 1 : 0);
                if (distance < _distance[reference.From])
                {
                    _distance[reference.From] = distance;
                    _next[reference.From] = reference;
                    _towards[reference.From] = at;
                    if (reference.IsPointer)
                    {
                        queue.AddLast(reference.From);
                    }
                    else
                    {
                        queue.AddFirst(reference.From);
                    }
                }
            }
        }
    }

    private string Way(Prototype prototype, NamedUse use, int index, int target)
    {
        StringBuilder way = new(prototype.Symbol);
        _ = use.Parameter switch
        {
            null => way.Append(": ").Append(use.Spelling),
            0 => way.Append("() returns ").Append(use.Spelling),
            _ => way.Append('(').Append(use.Spelling).Append(')'),
        };
        for (int at = index; at >= 0 && at != target && _next[at] is { } reference; at = _towards[at])
        {
            _ = way.Append(" -> ").Append(references[at].Name).Append('.').Append(reference.Member);
        }

        return index >= 0 && index != target ? way.Append(" -> ").Append(references[target].Name).ToString() : way.ToString();
    }

    /// <summary>A queue with two ends for indexes; one may be in it twice.</summary>
    private sealed class Deque(int capacity)
    {
        private readonly LinkedList<int> _items = [];
        private readonly HashSet<int> _taken = new(capacity);

        public void AddFirst(int item) => _items.AddFirst(item);

        public void AddLast(int item) => _items.AddLast(item);

        // An index that was taken before was nearer then.
        public bool TryTake(out int item)
        {
            while (_items.First is { } first)
            {
                _items.RemoveFirst();
                if (_taken.Add(first.Value))
                {
                    item = first.Value;
                    return true;
                }
            }

            item = 0;
            return false;
        }
    }
}
