using System.Text;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

public sealed class StringSuffixSearchTests
{
    private const string Strings = "page\0subpage\0pages\0folio\0x\0id\0pid\0upage\0dev_pagemap\0list_head\0head\0age\0page";

    [Theory]
    [InlineData("page")]
    [InlineData("page", "id", "x")]
    [InlineData("page", "id", "x", "head", "list_head", "pages", "folio", "dev_pagemap", "subpage", "absent", "age")]
    public void Finds_every_place_of_every_name_also_as_a_tail(params string[] names)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Strings);
        using MappedFile file = MappedFile.FromBytes("strings", bytes);
        HashSet<(string, ulong)> found = [];
        StringSuffixSearch.Find(file.Whole(), [.. names.Select(Encoding.ASCII.GetBytes)], (name, offset) => Assert.True(found.Add((names[name], offset))));

        HashSet<(string, ulong)> expected = [];
        foreach (string name in names)
        {
            for (int at = Strings.IndexOf(name + "\0", StringComparison.Ordinal); at >= 0; at = Strings.IndexOf(name + "\0", at + 1, StringComparison.Ordinal))
            {
                expected.Add((name, (ulong)at));
            }
        }

        Assert.Equal(expected.Order(), found.Order());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void Finds_names_at_the_edges_of_the_pieces_that_it_reads(int nameCount)
    {
        const int ChunkSize = SectionChunks.ChunkSize;
        string[] names = [.. Enumerable.Range(0, nameCount).Select(i => new string((char)('a' + i), 3 + (5 * i)))];
        byte[] bytes = new byte[(5 << 20) + 77];
        Array.Fill(bytes, (byte)'.');
        HashSet<(int, ulong)> expected = [];
        for (int piece = 1; piece * ChunkSize < bytes.Length; piece++)
        {
            // Its zero is the last of one piece, or among the first of the next.
            int name = piece % nameCount;
            int zero = (piece * ChunkSize) - 1 + (piece % 5);
            Encoding.ASCII.GetBytes(names[name]).CopyTo(bytes, zero - names[name].Length);
            bytes[zero] = 0;
            expected.Add((name, (ulong)(zero - names[name].Length)));
        }

        foreach (HashSet<(int, ulong)> found in FileAndMemory.Of(bytes, Find))
        {
            Assert.Equal(expected.Order(), found.Order());
        }

        HashSet<(int, ulong)> Find(Section strings)
        {
            HashSet<(int, ulong)> found = [];
            StringSuffixSearch.Find(strings, [.. names.Select(Encoding.ASCII.GetBytes)], (name, offset) => Assert.True(found.Add((name, offset))));
            return found;
        }
    }
}
