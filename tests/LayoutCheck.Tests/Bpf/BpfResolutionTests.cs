using LayoutCheck.Bpf;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Btf;

namespace LayoutCheck.Tests.Bpf;

/// <summary>What no compiled fixture has: types of a kernel that contradict each other, instructions that do not fit, flows that decide or do not.</summary>
public sealed class BpfResolutionTests
{
    private const uint Offset = 0;
    private const uint Exists = 2;
    private const uint TypeSize = 9;

    [Fact]
    public void Types_of_one_name_that_agree_are_one_and_others_are_refused()
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        uint twice = target.Types.Struct("twice", 16, ("same", word, 0), ("moved", word, 64));
        target.Ask(twice, "0:0", Offset, 0).Ask(twice, "0:1", Offset, 8).Ask(twice, "0:1", Exists, 1).Ask(twice, "0", TypeSize, 16);
        BtfBuilder kernel = new();
        uint number = kernel.Int("long unsigned int", 8);
        kernel.Struct("twice", 16, ("same", number, 0), ("moved", number, 64));
        kernel.Struct("twice___2", 24, ("same", number, 0), ("other", number, 64), ("moved", number, 128));
        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.Equal([BpfOutcome.Resolved, BpfOutcome.Refused, BpfOutcome.Refused, BpfOutcome.Refused], report.Relocations.Select(r => r.Answer.Outcome));
        Assert.All(report.Relocations.Skip(1), r => Assert.Contains("ambiguous", r.Answer.Reason, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Violated, report.ExitCode);
    }

    [Fact]
    public void A_relocation_leaves_those_candidates_that_have_its_member()
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        uint twice = target.Types.Struct("twice", 16, ("mark", word, 0), ("moved", word, 64));
        target.Ask(twice, "0:0", Offset, 0).Ask(twice, "0:1", Offset, 8);
        BtfBuilder kernel = new();
        uint number = kernel.Int("long unsigned int", 8);
        kernel.Struct("twice", 16, ("mark", number, 0), ("moved", number, 64));
        kernel.Struct("twice", 24, ("moved", number, 128));
        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.Equal([0ul, 8ul], report.Relocations.Select(r => r.Answer.KernelValue!.Value));
    }

    [Fact]
    public void A_load_takes_the_kernels_size_of_an_unsigned_number_and_of_no_other()
    {
        BpfBuilder target = new();
        uint unsigned = target.Types.Int("unsigned int", 4);
        uint signed = target.Types.Int("int", 4, encoding: 1);
        uint item = target.Types.Struct("item", 8, ("plain", unsigned, 0), ("negative", signed, 32));
        target.Add(0x61, 0, 1); // r0 = *(u32 *)(r1 + 0)
        target.Relocate(item, "0:0", Offset);
        target.Add(0x61, 0, 1, 4);
        target.Relocate(item, "0:1", Offset);
        BtfBuilder kernel = new();
        uint large = kernel.Int("long unsigned int", 8);
        uint wide = kernel.Int("long int", 8, encoding: 1);
        kernel.Struct("item", 16, ("plain", large, 0), ("negative", wide, 64));
        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.Equal([BpfOutcome.Resolved, BpfOutcome.Missing], report.Relocations.Select(r => r.Answer.Outcome));
    }

    [Fact]
    public void An_instruction_that_has_another_value_is_refused()
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        uint item = target.Types.Struct("item", 16, ("first", word, 0), ("second", word, 64));
        target.Ask(item, "0:1", Offset, 9);
        target.Add(0x95);
        target.Relocate(item, "0:1", Offset);
        BtfBuilder kernel = new();
        kernel.Struct("item", 16, ("second", kernel.Int("long unsigned int", 8), 0));
        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.All(report.Relocations, r => Assert.Equal(BpfOutcome.Refused, r.Answer.Outcome));
        Assert.Contains("has 9 in place of 8", report.Relocations[0].Answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_access_past_a_check_through_the_stack_is_guarded_and_past_one_through_a_call_is_unclear()
    {
        BpfOutcome[] expected = [BpfOutcome.Resolved, BpfOutcome.Missing];
        BpfReport spilled = Guarded(target => target.Add(0x7b, 10, 1, -8), target => target.Add(0x79, 1, 10, -8));
        Assert.Equal(expected, spilled.Relocations.Select(r => r.Answer.Outcome));
        Assert.Equal((BpfGuard.Guarded, ExitCode.Holds), (spilled.Relocations[1].Guard, spilled.ExitCode));
        BpfReport called = Guarded(target => target.Add(0x85, immediate: 5), target => target.Add(0xbf, 1, 0));
        Assert.Equal((BpfGuard.Unclear, ExitCode.Undecided), (called.Relocations[1].Guard, called.ExitCode));
        BpfReport ignored = Guarded(target => target.Add(0xb7, 1, immediate: 1), target => target.Add(0xbf, 1, 1));
        Assert.Equal(BpfGuard.Unclear, ignored.Relocations[1].Guard);
    }

    [Fact]
    public void Ways_that_meet_keep_what_holds_on_all()
    {
        BpfBuilder target = new();
        uint item = target.Types.Struct("item", 8, ("gone", target.Types.Int("unsigned long", 8), 0));
        target.Add(0x15, 1, offset: 2); // if r1 == 0 goto +2
        target.Add(0xb7, 2, immediate: 0); // r2 = 0
        target.Add(0x05, offset: 1); // goto +1
        target.Add(0xb7, 2, immediate: 1); // r2 = 1
        target.Add(0x15, 2, offset: 1); // if r2 == 0 goto +1
        target.Ask(item, "0:0", Offset, 0);
        target.Add(0x95);
        BtfBuilder kernel = new();
        kernel.Struct("item", 8, ("other", kernel.Int("long unsigned int", 8), 0));
        BpfResult result = Assert.Single(BpfBuilder.Run(target.ToBytes(), kernel.Build()).Relocations);
        Assert.Equal((BpfOutcome.Missing, BpfGuard.None), (result.Answer.Outcome, result.Guard));
    }

    [Fact]
    public void A_call_may_write_to_the_stack()
    {
        BpfReport report = Guarded(target => target.Add(0x7b, 10, 1, -8), target =>
        {
            target.Add(0x85, immediate: 4);
            target.Add(0x79, 1, 10, -8);
        });
        Assert.Equal(BpfGuard.Unclear, report.Relocations[1].Guard);
    }

    [Fact]
    public void An_object_without_relocations_is_undecided()
    {
        BpfBuilder target = new() { Damage = bytes => bytes[..24] is var header ? [.. header[..4], 24, 0, 0, 0, .. new byte[16]] : [] };
        target.Types.Int("unsigned long", 8);
        target.Add(0x95);
        BtfBuilder kernel = new();
        kernel.Int("long unsigned int", 8);
        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.Empty(report.Relocations);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.StartsWith("cannot tell", report.Headline(), StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_repeat_without_end_are_given_up()
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        target.Ask(target.Types.Struct("deep", 8, ("wanted", word, 0)), "0:0", Offset, 0);
        BtfBuilder kernel = new();
        uint inner = kernel.Int("long unsigned int", 8);

        // Each holds the one before twice, without a name: two to the power of 40 ways to look.
        for (int i = 0; i < 40; i++)
        {
            inner = kernel.Union(i == 39 ? "deep" : null, 8, ("", inner, 0), ("", inner, 0));
        }

        BpfReport report = BpfBuilder.Run(target.ToBytes(), kernel.Build());
        Assert.Equal(BpfOutcome.Missing, Assert.Single(report.Relocations).Answer.Outcome);
    }

    // if (exists) through two steps, then the access of a member that the kernel has not.
    private static BpfReport Guarded(Action<BpfBuilder> put, Action<BpfBuilder> take)
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        uint item = target.Types.Struct("item", 8, ("gone", word, 0));
        target.Ask(item, "0:0", Exists, 1);
        put(target);
        take(target);
        target.Add(0x15, 1, offset: 1); // if r1 == 0 goto +1
        target.Ask(item, "0:0", Offset, 0);
        target.Add(0x95);
        BtfBuilder kernel = new();
        kernel.Struct("item", 8, ("other", kernel.Int("long unsigned int", 8), 0));
        return BpfBuilder.Run(target.ToBytes(), kernel.Build());
    }
}

/// <summary>Names with flavours, as libbpf cuts them.</summary>
public sealed class BpfNamesTests
{
    [Theory]
    [InlineData("page", "page")]
    [InlineData("page___new", "page")]
    [InlineData("page___a___b", "page___a")]
    [InlineData("page____a", "page____a")]
    [InlineData("page__a", "page__a")]
    [InlineData("page___", "page___")]
    [InlineData("___page", "___page")]
    [InlineData("p___x", "p")]
    [InlineData("", "")]
    public void A_flavour_is_cut_at_the_last_three_underscores(string name, string essential) => Assert.Equal(essential, BpfNames.Essential(name));
}
