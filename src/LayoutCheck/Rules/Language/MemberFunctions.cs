namespace LayoutCheck.Rules.Language;

/// <summary>The functions of one type or member that give a number: where it is, how large, whether it is there.</summary>
internal static class MemberFunctions
{
    public static MemberFunction OffsetOf { get; } = new("offsetof", s => s.Member(), EvaluateOffset,
        [new("`offsetof(struct page, lru.prev)`", "bytes from the start; dotted paths, `[n]` for elements, through unnamed members",
            "offsetof(struct page, lru.prev) == 16")]);

    public static MemberFunction OffsetOfEnd { get; } = new("offsetofend", s => s.Member(), EvaluateEnd,
        [new("`offsetofend(struct page, lru)`", "where it ends", "offsetofend(struct page, lru) == 24")]);

    public static MemberFunction BitOffsetOf { get; } = new("bitoffsetof", s => s.Member(), m => m.Number(ObservedFact.BitOffset, m.Place.BitOffset),
        [new("`bitoffsetof(struct zone, dirty)`", "bits from the start, the only offset of a bitfield", "bitoffsetof(struct zone, dirty) == 1728")]);

    public static MemberFunction BitSizeOf { get; } = new(
        "bitsizeof",
        s => s.Member(),
        m => m.Place.BitSize is { } bits ? m.Number(ObservedFact.BitSize, bits) : m.NoSize,
        [new("`bitsizeof(struct zone, dirty)`", "bits that a member takes, a bitfield too",
            "bitsizeof(struct zone, dirty) == 1 && bitsizeof(struct page, lru) == 128")]);

    public static MemberFunction SizeOf { get; } = new("sizeof", s => s.TypeOrMemberOfNull(), EvaluateSize,
    [
        new("`sizeof(struct page)`", "bytes", "sizeof(struct page) == 64"),
        new("`sizeof(struct page, lru)`, `sizeof(((struct page *)0)->lru)`", "bytes of a member",
            "sizeof(struct page, lru) == sizeof(((struct page *)0)->lru)"),
        new("`sizeof(long)`, `sizeof(void *)`, `sizeof(u32)`", "of a C type, on the target", "sizeof(long) == 8 && sizeof(void *) == 8 && sizeof(u32) == 4"),
        new("`sizeof(enum pagetype)`", "of an enumeration", "sizeof(enum pagetype) == 4 && alignof(enum pagetype) == 4"),
    ])
    {
        EvaluateScalar = (call, scalar, evaluation) => OfScalar(call, scalar, ObservedFact.ByteSize, evaluation),
    };

    // A header's name for sizeof of a member: calls are of sizeof.
    public static MemberFunction SizeOfField { get; } = new("sizeof_field", s => s.Member(), EvaluateSize,
        [new("`sizeof_field(struct page, lru)`", "the same, in the kernel's words", "sizeof(struct page, lru) == sizeof_field(struct page, lru)")])
    {
        Aliases = ["FIELD_SIZEOF"],
        Meaning = SizeOf,
    };

    public static MemberFunction Exists { get; } = new("exists", s => s.TypeOrMember(), m => EvaluateExistence(m.Call, m.Located, m.Evaluation),
        [new("`exists(struct page)`, `exists(struct page, pgmap)`", "whether there is one", "exists(struct page, pgmap) && !exists(struct folio)"),
        new("`exists(enum pagetype)`, `exists(enum pagetype, PGTY_slab)`", "the same of an enumeration, by its tag, and of an enumerator",
            "exists(enum pagetype, PGTY_slab) && !exists(enum pagetype, PGTY_zsmalloc)")])
    {
        EvaluateScalar = (call, _, _) => Answer.Truth(true, $"{call.Subject} is a type of C"),
        EvaluateMissing = EvaluateExistence,
    };

    public static MemberFunction ArraySize { get; } = new("ARRAY_SIZE", s => s.Member(), EvaluateLength,
        [new("`ARRAY_SIZE(struct zone, vmemmap_tails)`", "number of elements", "ARRAY_SIZE(struct zone, vmemmap_tails) == 16")]);

    /// <summary>What a type of C that needs no definition is measured as: its size, which is its alignment too.</summary>
    public static Answer OfScalar(MemberCall call, ScalarReference scalar, ObservedFact fact, IEvaluation evaluation)
    {
        ulong size = (ulong)scalar.SizeOn(evaluation.Image.Target);
        evaluation.Note(new Observation(call.ToString(), scalar.ToString(), fact, size) { Of = new FactSubject(scalar.ToString(), null) });
        return Answer.Of(size, $"{call}={size}", call.ToString());
    }

    private static Answer EvaluateOffset(FoundMember member)
    {
        if (member.Place.IsBitField)
        {
            return NoOffset(member);
        }

        // How long an element is may be what is open.
        ulong? length = member.Evaluation.Open.Any && member.Name.EndsWith(']') ? null : member.Place.BitSize / 8;
        return member.Number(ObservedFact.ByteOffset, member.Place.BitOffset / 8, length);
    }

    private static Answer EvaluateEnd(FoundMember member) => member.Place.IsBitField ? NoOffset(member)
        : member.Place.BitSize is not { } bits ? member.NoSize
        : member.Number(ObservedFact.EndByteOffset, (member.Place.BitOffset + bits) / 8);

    private static Answer NoOffset(FoundMember member) => Answer.Unknown($"{member.Name} is a bitfield, which has no offsetof: ask for bitoffsetof");

    // Members have a size, in any graph that a reader makes. What they point to may be a function.
    private static Answer EvaluateSize(FoundMember member) => member.Place.IsBitField ? Answer.Unknown($"{member.Name} is a bitfield, which has no sizeof")
        : member.Place.BitSize is not { } bits ? member.NoSize
        : member.Number(ObservedFact.ByteSize, bits / 8);

    // The one question that a missing member answers.
    private static Answer EvaluateExistence(MemberCall call, Located located, IEvaluation evaluation)
    {
        bool exists = located.Place is not null;
        if (!exists && located.IsUndecided)
        {
            return Answer.Unknown(located.Problem);
        }

        evaluation.Note(new Observation(call.ToString(), exists ? located.Name : call.Subject.ToString(), ObservedFact.Existence, exists ? 1u : 0u)
        {
            Of = exists ? located.Parts : new FactSubject(call.Subject.Type.ToString(), call.Subject.Member?.ToString()),
        });
        return Answer.Truth(exists, exists ? $"{located.Name} exists" : located.Problem);
    }

    private static Answer EvaluateLength(FoundMember member)
    {
        if (member.Located.Graph!.AsArray(member.Place.Type) is not { Count: { } count } array)
        {
            return Answer.Unknown($"{member.Name} is no array of a known length");
        }

        ulong elements = member.Place.ElementCount ?? count;
        if (!array.MayBeFlattened || elements == 1)
        {
            return member.Number(ObservedFact.Length, count);
        }

        if (elements == 0)
        {
            return Answer.Unknown(OpenFacts.Flattened(member.Name, 0));
        }

        Observation observation = new(member.Call.ToString(), member.Name, ObservedFact.Length, member.Evaluation.Open.FirstDimension(member.Name, elements),
            $"at most {elements}");
        member.Evaluation.Note(observation);
        return Answer.Of(observation.Number!.Value, observation.ToString(), observation.Call);
    }
}
