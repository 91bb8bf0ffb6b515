using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

/// <summary>The same bytes as a mapped file, whose sections can be read from the file, and in memory, where they are read in place.</summary>
internal static class FileAndMemory
{
    /// <summary>What is said of both. The bytes are enough to be mapped.</summary>
    public static List<T> Of<T>(byte[] bytes, Func<Section, T> ask)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using MappedFile mapped = MappedFile.Open(path);
            using MappedFile inMemory = MappedFile.FromBytes("bytes", bytes);
            Assert.True(mapped.Whole().IsMapped);
            return [ask(mapped.Whole()), ask(inMemory.Whole())];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
