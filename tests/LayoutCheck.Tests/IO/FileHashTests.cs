using System.Security.Cryptography;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.IO;

/// <summary>The hash that tells images without a build id apart.</summary>
public sealed class FileHashTests
{
    [Fact]
    public void Is_that_of_the_platform_for_every_length_and_portion()
    {
        byte[] bytes = new byte[300];
        new Random(17).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            for (int portion = 1; portion <= length + 1; portion += 13)
            {
                Sha256 hash = new();
                for (int at = 0; at < length; at += portion)
                {
                    hash.Append(bytes.AsSpan(at, Math.Min(portion, length - at)));
                }

                Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), hash.Finish());
            }
        }
    }

    [Theory]
    [InlineData("tests/fixtures/shapes/shapes.raw.btf", true)]
    [InlineData("tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf", false)]
    public void Is_told_of_a_file_without_a_build_id(string file, bool isTold)
    {
        using JsonDocument json = JsonDocument.Parse(ProgramRun.Run("show", file, isTold ? "flexible" : "page", "--format", "json").Out);
        JsonElement image = json.RootElement.GetProperty("image");
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(FixtureFile.Repository, file))));
        Assert.Equal(image.GetProperty("build_id").ValueKind == JsonValueKind.Null ? hash : null, image.GetProperty("sha256").GetString());
        Assert.Equal(isTold, image.GetProperty("sha256").GetString() is not null);
    }

    // Of what is packed, the file as it was named: what sha256sum prints of it.
    [Fact]
    public void Is_of_the_file_as_it_was_named()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        string path = Path.Combine(folder, "btf.gz");
        using (System.IO.Compression.GZipStream gzip = new(File.Create(path), System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(FixtureFile.Bytes("shapes/shapes.raw.btf"));
        }

        using (KernelImage image = KernelImage.Open(path, new ImageOptions { HashesContent = true }))
        {
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), image.ReadFacts().ContentHash);
            File.AppendAllText(path, "x");
            Assert.Throws<InvalidImageException>(image.ReadFacts);
        }

        using KernelImage asked = FixtureFile.Open("shapes/shapes.raw.btf");
        Assert.Null(asked.ReadFacts().ContentHash);
        Directory.Delete(folder, recursive: true);
    }
}
