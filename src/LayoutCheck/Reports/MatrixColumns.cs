using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>The columns of a matrix.</summary>
public static class MatrixColumns
{
    private const string FlagshipId = "pgmap-on-compound-head";

    private static readonly TypeName s_page = new(TypeNameKind.Struct, "page");
    private static readonly TypeName s_folio = new(TypeNameKind.Struct, "folio");

    /// <summary>
    /// The story of pgmap and the compound word: 4.18 to 7.3 in six columns. They ask struct page and struct folio alone. The last one is the outcome of the rule
    /// that the program exists for.
    /// </summary>
    public static ImmutableArray<MatrixColumn> Default =>
    [
        .. Layout,
        new MatrixColumn($"rule:{FlagshipId}", MatrixFact.Rule, new TypeName(TypeNameKind.Any, ""), []) { Rule = RuleCatalog.Select(null, [FlagshipId], null).Rules[0], Title = ("pgmap", "rule") },
    ];

    /// <summary>Those of <see cref="Default"/> that a layout answers: what a record of an image has as <see cref="LayoutFact"/>.</summary>
    public static ImmutableArray<MatrixColumn> Layout =>
    [
        new MatrixColumn("sizeof:page", MatrixFact.Size, s_page, []) { Title = ("page", "size") },
        new MatrixColumn("page.compound_head|compound_info", MatrixFact.Offset, s_page, ["compound_head", "compound_info"]) { Title = ("compound", "word") },
        new MatrixColumn("page.pgmap", MatrixFact.Offset, s_page, ["pgmap"]) { Title = ("page", "pgmap") },
        new MatrixColumn("folio.pgmap", MatrixFact.Offset, s_folio, ["pgmap"]) { Title = ("folio", "pgmap") },
        new MatrixColumn("page._unused_pgmap_compound_head|_unused_pgmap_compound_info", MatrixFact.Offset, s_page, ["_unused_pgmap_compound_head", "_unused_pgmap_compound_info"])
        {
            Title = ("place-", "holder"),
        },
    ];

    /// <summary>Reads columns.</summary>
    /// <param name="texts">The values of <c>--show</c>: each has one column, or several with commas between; none for the default.</param>
    /// <exception cref="UsageException">One is no column.</exception>
    public static ImmutableArray<MatrixColumn> Parse(IReadOnlyCollection<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return texts.Count == 0 ? Default : [.. texts.SelectMany(t => t.Split(',')).Select(MatrixColumn.Parse)];
    }
}
