using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>A type as a user writes it, perhaps with a member: <c>page</c>, <c>struct page</c>, <c>page.lru.next</c>.</summary>
/// <param name="Type">The type.</param>
/// <param name="Member">The path of the member, or null for the whole type.</param>
public sealed record TypeQuery(TypeName Type, string? Member)
{
    /// <summary>Reads what was typed.</summary>
    /// <exception cref="UsageException">It is neither a type nor a member of one.</exception>
    public static TypeQuery Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int dot = text.IndexOfAny(['.', '[']);
        TypeName type = TypeName.Parse(dot < 0 ? text : text[..dot]);
        string? member = dot < 0 ? null : text[(dot + 1)..];
        if (text.Trim() is "struct" or "union")
        {
            throw new UsageException($"'{text.Trim()}' alone is no type; quote both words: '{text.Trim()} page'");
        }

        bool isName = type.Name.Length > 0 && type.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');
        return !isName || (dot >= 0 && text[dot] == '[') || (member is not null && !MemberPath.IsWellFormed(member))
            ? throw new UsageException($"'{Printable.Shorten(text)}' is not a type or a member of one; write page, 'struct page' or page.lru.next")
            : new TypeQuery(type, member);
    }
}
