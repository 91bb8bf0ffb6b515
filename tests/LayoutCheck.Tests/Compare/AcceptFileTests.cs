using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Tests.Compare;

/// <summary>The file of accepted differences.</summary>
public sealed class AcceptFileTests
{
    [Fact]
    public void Reads_what_it_writes()
    {
        AcceptedDifference[] entries =
        [
            new("struct page", "a backport", ["size 64 -> 72", "added - -> vendor @512+64 long int"], ""),
            new("union cell", "reason: with a colon", ["retyped a @0+8 char -> a @0+8 bool"], ""),
        ];
        AcceptedDifference[] read = [.. AcceptFile.Parse("f", AcceptFile.Write(["a comment"], entries))];
        Assert.Equal(entries.Select(e => (e.Subject, e.Reason, string.Join('|', e.Lines))), read.Select(e => (e.Subject, e.Reason, string.Join('|', e.Lines))));
        Assert.Equal(["f:3", "f:8"], read.Select(e => e.Place));
    }

    [Fact]
    public void An_entry_covers_its_lines_in_any_order_and_no_others()
    {
        AcceptedDifference entry = new("struct page", "why", ["b", "a"], "");
        Assert.True(entry.Covers(["a", "b"]));
        Assert.False(entry.Covers(["a"]));
        Assert.False(entry.Covers(["a", "b", "c"]));
        Assert.False(entry.Covers(["a", "b", "b"]));
    }

    [Theory]
    [InlineData("moved a\n", "f:1: this line is before the first entry")]
    [InlineData("[struct a\nreason: x\n a", "f:1: an entry begins with a type between brackets")]
    [InlineData("[]\n", "f:1: an entry begins with a type between brackets")]
    [InlineData("# c\n[struct a]\nmoved a", "f:2: [struct a] gives no reason")]
    [InlineData("[struct a]\nreason:   \nmoved a", "f:1: [struct a] gives no reason")]
    [InlineData("[struct a]\nreason: x\n", "f:1: [struct a] lists no difference")]
    [InlineData("[struct a]\nreason: x\nreason: y\nmoved a", "f:3: the entry has two reasons")]
    [InlineData("[struct a]\nreason: x\nmoved a\n\n[struct a]\nreason: x\nmoved b", "f:5: [struct a] is there twice")]
    public void Says_what_is_wrong_and_where(string text, string message)
        => Assert.StartsWith(message, Assert.Throws<UsageException>(() => AcceptFile.Parse("f", text)).Message, StringComparison.Ordinal);
}
