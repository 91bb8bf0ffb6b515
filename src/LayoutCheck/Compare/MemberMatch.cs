namespace LayoutCheck.Compare;

/// <summary>The members of two definitions, matched by their paths: the first of a path with the first.</summary>
internal sealed class MemberMatch
{
    /// <param name="left">The members of the old definition.</param>
    /// <param name="right">The members of the new one.</param>
    public MemberMatch(List<FlatMember> left, List<FlatMember> right)
    {
        Left = left;
        Right = right;
        Dictionary<string, Queue<int>> byPath = new(right.Count, StringComparer.Ordinal);
        // Mostly the two lists are one.
        int equal = 0;
        while (equal < left.Count && equal < right.Count && left[equal].Path == right[equal].Path)
        {
            equal++;
        }

        bool areEqual = equal == left.Count && equal == right.Count;
        for (int i = 0; !areEqual && i < right.Count; i++)
        {
            if (!byPath.TryGetValue(right[i].Path, out Queue<int>? all))
            {
                byPath.Add(right[i].Path, all = new Queue<int>());
            }

            all.Enqueue(i);
        }

        RightOf = new int[left.Count];
        LeftOf = new int[right.Count];
        Array.Fill(RightOf, -1);
        Array.Fill(LeftOf, -1);
        for (int i = 0; i < left.Count; i++)
        {
            int other = areEqual ? i : byPath.TryGetValue(left[i].Path, out Queue<int>? all) && all.TryDequeue(out int found) ? found : -1;
            if (other >= 0)
            {
                RightOf[i] = other;
                LeftOf[other] = i;
                Pairs.Add((left[i], right[other]));
            }
        }
    }

    /// <summary>The members of the old definition.</summary>
    public List<FlatMember> Left { get; }

    /// <summary>The members of the new one.</summary>
    public List<FlatMember> Right { get; }

    /// <summary>By the index of an old member, that of the new one, or -1.</summary>
    public int[] RightOf { get; }

    /// <summary>By the index of a new member, that of the old one, or -1.</summary>
    public int[] LeftOf { get; }

    /// <summary>Those in both, in the order of the old definition.</summary>
    public List<(FlatMember Left, FlatMember Right)> Pairs { get; } = [];
}
