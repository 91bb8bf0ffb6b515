using System.Collections.Immutable;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>
/// How a kernel places the device pagemap and the compound tag. Only the members of struct page and struct folio tell it: version
/// numbers lie (vendors backport), members do not.
/// </summary>
/// <param name="Id">A short name for machines.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Versions">The mainline kernels that have it.</param>
/// <param name="AllowsCompoundDevicePages">
/// Whether a ZONE_DEVICE page can be part of a compound page in this layout; null when there is none to tell by.
/// </param>
/// <param name="DevicePageReason">Why it can, or cannot.</param>
public sealed record LayoutEra(string Id, string Description, string Versions, bool? AllowsCompoundDevicePages, string DevicePageReason)
{
    private const string Sharing = "compound zone device pages are not possible: every page keeps its own pgmap in the word that a tail page "
        + "needs for compound_head, so that a page can have one or the other";

    private const string Moved = "compound zone device pages are possible: pgmap is kept once, in the folio, "
        + "and tail pages are free to hold the way to their head";

    private const string NoPage = "the image has no C definition of struct page";

    private const string NoPagemap = "struct page has no pgmap: this kernel has no device pagemap";

    private const string Planned = "after 7.3";

    private const string OwnObject = "pgmap belongs to the folio, which is no longer laid over struct page";

    /// <summary>Whether it is a layout of the plans for memory descriptors, which no release up to 7.3 has.</summary>
    public bool IsPlanned => Versions == Planned;

    /// <summary>struct page holds the way to a memory descriptor, and no compound word.</summary>
    public static LayoutEra PageShrunk { get; } = new(
        "memdesc", "struct page has shrunk to the way to its memory descriptor (memdesc)", Planned, null, OwnObject);

    /// <summary>struct page has its compound word, and struct folio is an object of its own.</summary>
    public static LayoutEra FolioOnItsOwn { get; } = new(
        "folio-own", "struct folio is an object of its own, not laid over struct page", Planned, null, OwnObject);

    /// <summary>folio.pgmap over page.compound_info, with page.memdesc in the same struct page.</summary>
    public static LayoutEra Transition { get; } = new(
        "folio-pgmap-transition", "the 7.1 layout with memdesc in struct page (transition): memdesc shares the tag word, or neighbours it", Planned, true, Moved);

    /// <summary>struct page without any word that tells, beside a struct folio: newer than what is known here, or changed by a vendor.</summary>
    public static LayoutEra NotKnown { get; } = new(
        "not-known", "era unknown: struct page has neither a compound word nor memdesc, and there is a struct folio", "", null,
        "the era is not known: struct page has neither a compound word (compound_head, compound_info) nor memdesc");

    /// <summary>folio.pgmap over page.compound_info.</summary>
    public static LayoutEra FolioPgmapOverCompoundInfo { get; } = new(
        "folio-pgmap-compound-info", "folio.pgmap over the placeholder in struct page, tag word compound_info", "7.1 and later", true, Moved);

    /// <summary>folio.pgmap over page.compound_head.</summary>
    public static LayoutEra FolioPgmapOverCompoundHead { get; } = new(
        "folio-pgmap-compound-head", "folio.pgmap over the placeholder in struct page, tag word compound_head", "6.15 to 7.0", true, Moved);

    /// <summary>page.pgmap and page.zone_device_data, in the union that begins on the second word.</summary>
    public static LayoutEra SharedWordWithDeviceData { get; } = new(
        "page-pgmap-device-data", "page.pgmap and page.compound_head share a word of struct page, zone_device_data follows", "5.3 to 6.14", false, Sharing);

    /// <summary>page.pgmap and page.hmm_data.</summary>
    public static LayoutEra SharedWordWithHmmData { get; } = new(
        "page-pgmap-hmm-data", "page.pgmap and page.compound_head share a word of struct page, hmm_data follows", "4.18 to 5.2", false, Sharing);

    /// <summary>page.pgmap in the lru union.</summary>
    public static LayoutEra SharedWordInLruUnion { get; } = new(
        "page-pgmap-lru", "page.pgmap and page.compound_head share the word of page.lru", "4.5 to 4.17", false, Sharing);

    /// <summary>page.compound_head without any pgmap.</summary>
    public static LayoutEra CompoundHeadOnly { get; } = new(
        "compound-head", "page.compound_head, and no pgmap anywhere", "4.4", null, NoPagemap);

    /// <summary>page.first_page, the way from a tail page to its head before there was page.compound_head.</summary>
    public static LayoutEra BeforeCompoundHead { get; } = new(
        "before-compound-head", "struct page has first_page, and neither compound_head nor pgmap", "4.3 and before", null, NoPagemap);

    /// <summary>There is a struct page, and nothing in it tells: members are missing for another reason than age.</summary>
    public static LayoutEra Undated { get; } = new(
        "undated", "struct page has none of the members that would tell (compound_info, compound_head, pgmap, first_page), or not those that go with them",
        "", null,
        "struct page has none of the members that tell its era (compound_info, compound_head, pgmap, first_page), or not those that go with them");

    /// <summary>There is no struct page to tell by.</summary>
    public static LayoutEra Unknown { get; } = new(
        "unknown", "no C definition of struct page", "", null, NoPage);

    /// <summary>The units of the image are not of one era.</summary>
    public static LayoutEra Mixed { get; } = new(
        "mixed", "the definitions of struct page or struct folio are of different eras", "", null, "the units disagree about struct page or struct folio");

    /// <summary>All eras, oldest first.</summary>
    public static ImmutableArray<LayoutEra> All { get; } =
    [
        BeforeCompoundHead, CompoundHeadOnly, SharedWordInLruUnion, SharedWordWithHmmData, SharedWordWithDeviceData, FolioPgmapOverCompoundHead,
        FolioPgmapOverCompoundInfo, Transition, FolioOnItsOwn, PageShrunk,
    ];

    /// <summary>The types whose definitions <c>Of</c> looks at.</summary>
    public static ImmutableArray<TypeName> RequiredTypes { get; } = [new(TypeNameKind.Struct, "page"), new(TypeNameKind.Struct, "folio")];

    /// <summary>The era that the definitions of struct page and struct folio show.</summary>
    /// <param name="definitions">The definitions.</param>
    /// <param name="omission">Why they may lack what the kernel has, or null.</param>
    public static LayoutEra Of(IReadOnlyDictionary<TypeName, DefinitionSet> definitions, SourceOmission? omission = null)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        ImmutableArray<TypeDefinition> pages = DefinitionsOf(RequiredTypes[0]);
        ImmutableArray<TypeDefinition> folios = DefinitionsOf(RequiredTypes[1]);
        if (omission is not null && (pages.IsEmpty || omission.IsOfMembers))
        {
            return Unknown with
            {
                Description = pages.IsEmpty ? $"{Unknown.Description}: {omission.Clause}" : $"not known: {omission.Clause}",
                DevicePageReason = pages.IsEmpty ? $"{NoPage}: {omission.Clause}" : omission.Clause,
            };
        }

        if (pages.IsEmpty)
        {
            return Unknown;
        }

        List<LayoutEra> eras = [.. pages.SelectMany(page => folios.IsEmpty ? [Of(page, null)] : folios.Select(folio => Of(page, folio))).Distinct()];
        return eras.Count == 1 ? eras[0] : Mixed;

        ImmutableArray<TypeDefinition> DefinitionsOf(TypeName name) => definitions.TryGetValue(name, out DefinitionSet? set) ? set.Distinct : [];
    }

    // Vendors and options mix what releases have: the members alone tell, the newest first.
    private static LayoutEra Of(TypeDefinition page, TypeDefinition? folio)
    {
        bool hasTagWord = Has(page, "compound_info") || Has(page, "compound_head");
        bool hasFolioPgmap = folio is not null && Has(folio, "pgmap");
        return !hasTagWord && Has(page, "memdesc") ? PageShrunk
            : !hasTagWord && folio is not null ? NotKnown
            : folio is not null && !folio.Aggregate.Members.IsEmpty && !Has(folio, "page") ? FolioOnItsOwn
            : Has(page, "compound_info") ? (Has(page, "memdesc") ? Transition : FolioPgmapOverCompoundInfo)
            : hasFolioPgmap || Has(page, "_unused_pgmap_compound_head") ? FolioPgmapOverCompoundHead
            : !Has(page, "pgmap") ? WithoutPagemap(page, folio)
            : Has(page, "zone_device_data") ? SharedWordWithDeviceData
            : Has(page, "hmm_data") ? SharedWordWithHmmData
            : SharedWordInLruUnion;
    }

    // A missing pgmap is a sign of age only where no later member exists.
    private static LayoutEra WithoutPagemap(TypeDefinition page, TypeDefinition? folio)
        => folio is not null || Has(page, "zone_device_data") || Has(page, "hmm_data") ? Undated
            : Has(page, "compound_head") ? CompoundHeadOnly
            : Has(page, "first_page") ? BeforeCompoundHead
            : Undated;

    private static bool Has(TypeDefinition definition, string member) => MemberPath.Resolve(definition.Graph, definition.Root, member) is not null;
}
