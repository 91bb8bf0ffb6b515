using System.Buffers.Binary;
using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Inputs;

/// <summary>Build ids without a server: what is refused before anything is asked, and what is checked of what came. tests/reach/debuginfod asks servers.</summary>
public sealed class DebuginfodTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";
    private readonly FakeRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(Id, true)]
    [InlineData("0123456789ABCDEF", true)]
    [InlineData("0123456789abcde", false)]
    [InlineData("0123456789abcdef0", false)]
    [InlineData("0123456789abcdeg", false)]
    [InlineData("vmlinux", false)]
    public void A_build_id_is_known_by_its_form(string word, bool isOne) => Assert.Equal(isOne, Debuginfod.IsBuildId(word));

    [Fact]
    public void Without_the_flag_a_build_id_is_no_file_and_the_remedy_teaches()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Id));
        Assert.StartsWith($"{Id}: no such file; ", e.Message, StringComparison.Ordinal);
        Assert.Contains("--debuginfod", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_server_named_the_remedy_says_how_to_name_one()
    {
        ProgramResult result = ProgramRun.Shell($"unset DEBUGINFOD_URLS; {ProgramRun.ShellCommand} check {Id} --debuginfod");
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.StartsWith($"layoutcheck: {Id}: no debuginfod server is named (DEBUGINFOD_URLS is not set); ", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_that_name_comes_first()
    {
        string path = Path.Combine(_root.Folder, Id);
        File.Copy(FixtureFile.PathOf("shapes/shapes.raw.btf"), path);
        ProgramResult result = ProgramRun.Shell($"cd '{_root.Folder}' && unset DEBUGINFOD_URLS && {ProgramRun.ShellCommand} show {Id} --debuginfod flexible");
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_remedy_for_no_debug_information_mentions_it_where_there_is_a_build_id(bool mentions)
    {
        byte[] bytes = mentions ? WithBuildId(Id) : new ElfBuilder().Add(".rodata", [1]).ToBytes();
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("vmlinux", bytes));
        Assert.Equal(mentions, e.Remedy!.Contains("--debuginfod", StringComparison.Ordinal));
        string path = _root.Add("stripped", bytes);
        ProgramResult result = ProgramRun.Shell($"unset DEBUGINFOD_URLS; {ProgramRun.ShellCommand} check '{path}' --debuginfod");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains(mentions ? "no debuginfod server is named" : "it has no build id by which --debuginfod could ask", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_file_shows_its_build_id_and_a_section_is_BTF_at_least()
    {
        using MappedFile whole = MappedFile.FromBytes("debuginfo", WithBuildId(Id));
        FetchedFile fetched = new("debuginfo", "http://127.0.0.1/x", IsSection: false);
        Assert.Equal("debug information from http://127.0.0.1/x, of the build id that was asked for", FetchedInput.Check(whole, Id, fetched));
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => FetchedInput.Check(whole, Id.Replace('0', '1'), fetched));
        Assert.Contains($"is of another build than was asked for (build id {Id}, not ", e.Problem, StringComparison.Ordinal);

        using MappedFile btf = MappedFile.FromBytes("section", FixtureFile.Bytes("shapes/shapes.raw.btf"));
        Assert.Equal("section .BTF from the cache of debuginfod, not verified", FetchedInput.Check(btf, Id, new FetchedFile("section", null, IsSection: true)));
        Assert.Contains("is not an ELF file", Assert.Throws<InvalidImageException>(() => FetchedInput.Check(btf, Id, fetched)).Problem, StringComparison.Ordinal);
        Assert.Contains("is no BTF", Assert.Throws<InvalidImageException>(() => FetchedInput.Check(whole, Id, fetched with { IsSection = true })).Problem, StringComparison.Ordinal);
    }

    /// <summary>An ELF file with nothing but a build id (NT_GNU_BUILD_ID).</summary>
    internal static byte[] WithBuildId(string id)
    {
        byte[] note = [4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, .. "GNU\0"u8, .. Convert.FromHexString(id)];
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(4), id.Length / 2);
        return new ElfBuilder().Add(".notes", note, type: 7).ToBytes();
    }
}
