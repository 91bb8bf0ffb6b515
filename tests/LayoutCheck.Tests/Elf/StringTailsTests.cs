using System.Text;
using LayoutCheck.Elf;

namespace LayoutCheck.Tests.Elf;

public sealed class StringTailsTests
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
        StringTails.Find(file.Whole(), [.. names.Select(Encoding.ASCII.GetBytes)], (name, offset) => Assert.True(found.Add((names[name], offset))));

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
}
