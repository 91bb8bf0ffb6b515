using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>How the fuzzer reads pahole's text and what it calls a difference; tests/LayoutCheck.Fuzz --differential runs pahole itself.</summary>
public sealed class DifferentialTests
{
    // pieces of what pahole 1.24 prints
    private const string Text = """
        struct s {
        	unsigned int               a:3;                  /*     0: 0  4 */

        	/* XXX 5 bits hole, try to pack */
        	unsigned int               :0;
        	struct tagged;                                   /*     8     8 */
        	union {
        		struct {
        			int        x;                    /*    16     4 */
        		} cells[2];                              /*    16     8 */
        		void       (*call)(int, struct s *) __attribute__((__aligned__(8))); /*    16     8 */
        	};                                               /*    16     8 */
        	struct {
        		char               far;                  /*     0     1 */
        	} * far;                                         /*    24     8 */
        	union {
        		long int           declared_within;      /*     0     8 */
        	};

        	enum {
        		RED = 0,
        	} color;                                         /*    32     4 */
        	char                       tail[0];              /*    36     0 */

        	/* size: 40, cachelines: 1, members: 7 */
        	/* last cacheline: 40 bytes */
        } __attribute__((__aligned__(8)));
        union u {
        	long int                   whole;                /*     0     8 */
        };
        struct s {

        	/* size: 1, cachelines: 1, members: 0 */
        };
        """;

    [Fact]
    public void Reads_what_pahole_prints()
    {
        Dictionary<string, LayoutRows> types = LayoutRows.Read(Text);

        Assert.Equal(["struct s", "union u"], types.Keys);
        Assert.Equal(40UL, types["struct s"].ByteSize);
        Assert.Equal(
            [
                new LayoutRow("a", 0, 3), new LayoutRow("", 64, 64), new LayoutRow("", 128, 64), new LayoutRow("call", 128, 64), new LayoutRow("cells", 128, 64), new LayoutRow("far", 192, 64),
                new LayoutRow("color", 256, 32), new LayoutRow("tail", 288, 0),
            ],
            types["struct s"].Rows);
        Assert.Null(types["union u"].ByteSize);
        Assert.Equal([new LayoutRow("whole", 0, 64)], types["union u"].Rows);
    }

    [Theory]
    [InlineData("struct s {\n\t<ERROR(__class__fprintf:1609): 0 not found!>\n")]
    [InlineData("struct s {\n\tint a; /* 0 -4 */\n")]
    [InlineData("struct s {\n\tint a; /* 0 4 */\n")]
    public void Refuses_what_is_no_answer(string text) => Assert.Throws<FormatException>(() => LayoutRows.Read(text));

    [Fact]
    public void Tells_each_difference()
    {
        LayoutRows ours = new(8, [new LayoutRow("a", 0, 32), new LayoutRow("b", 32, 32)]);

        Assert.Null(LayoutRows.Difference(ours, ours with { }));
        Assert.Null(LayoutRows.Difference(ours, ours with { ByteSize = null }));
        Assert.Equal("8 bytes, pahole: 9", LayoutRows.Difference(ours, ours with { ByteSize = 9 }));
        Assert.Equal("2 members, pahole: 1", LayoutRows.Difference(ours, ours with { Rows = ours.Rows[..1] }));
        foreach (LayoutRow other in (LayoutRow[])[new("c", 32, 32), new("b", 33, 32), new("b", 32, 31)])
        {
            Assert.StartsWith("b at bit 32, 32 bits, pahole: ", LayoutRows.Difference(ours, ours with { Rows = [ours.Rows[0], other] }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_that_is_not_C_s_is_not_compared_and_its_place_is()
    {
        LayoutRows ours = new(8, [new LayoutRow("a", 0, 32), new LayoutRow("\u202e", 32, 32)]);

        Assert.Null(LayoutRows.Difference(ours, ours with { Rows = [ours.Rows[0], new LayoutRow("unsigned", 32, 32)] }));
        Assert.NotNull(LayoutRows.Difference(ours, ours with { Rows = [ours.Rows[0], new LayoutRow("unsigned", 40, 32)] }));
    }

    [Fact]
    public void A_member_elsewhere_is_explained_by_nothing()
    {
        TypeDefinition page = FixtureFile.Definition("page-era6/page-era6.gcc-dwarf5-btf.elf", "struct page");
        LayoutRows ours = LayoutRows.Of(page);
        LayoutRows theirs = ours with { Rows = ours.Rows.SetItem(3, ours.Rows[3] with { BitOffset = ours.Rows[3].BitOffset + 8 }) };
        foreach (SourceKind kind in (SourceKind[])[SourceKind.Dwarf, SourceKind.Btf])
        {
            FuzzRun.Comparable image = new("page-era6.gcc-dwarf5-btf.elf", [], kind, [], new HashSet<FieldKind> { FieldKind.DieConstant, FieldKind.BtfOffset });
            Assert.Null(Explanation.Of(new Explanation.Case(image, page, ours, theirs, new Pahole.Answer("", "", null))));
        }
    }
}
