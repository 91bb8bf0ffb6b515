using System.Diagnostics;
using LayoutCheck.Compare;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>Types that no kernel has, made so that a comparison multiplies: each comes to an end.</summary>
public sealed class CostlyComparisonTests
{
    private const int Levels = 40;

    [Fact]
    public void Unnamed_structs_that_multiply_are_refused()
    {
        TypeDefinition definition = Compared.Struct(8, b => [new Member("m", Unnamed(b), 0)]);
        long start = Stopwatch.GetTimestamp();
        TooManyMembersException error = Assert.Throws<TooManyMembersException>(() => Compared.Definitions(definition, definition));
        Assert.StartsWith("it has more than 16384 members", error.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Members_in_the_other_order_come_to_an_end()
    {
        const int Count = 8000;
        TypeDefinition left = Compared.Struct(Count * 4, b => Members(b, i => i));
        TypeDefinition right = Compared.Struct(Count * 4, b => Members(b, i => Count - 1 - i));
        Assert.Equal(Count, Compared.Definitions(left, right).Changes.Length);

        static Member[] Members(TypeGraphBuilder builder, Func<int, int> place)
        {
            TypeId type = builder.Add(new BaseType("int", 4, BaseEncoding.Signed));
            return [.. Enumerable.Range(0, Count).Select(i => new Member($"m{i}", type, (ulong)place(i) * 32))];
        }
    }

    // A union of two such unions, and so on.
    private static TypeId Unnamed(TypeGraphBuilder builder)
    {
        TypeId type = builder.Add(new BaseType("long int", 8, BaseEncoding.Signed));
        for (int i = 0; i < Levels; i++)
        {
            type = builder.Add(new AggregateType(AggregateKind.Union, null, 8, null, [new Member("a", type, 0), new Member("b", type, 0)]));
        }

        return type;
    }
}
