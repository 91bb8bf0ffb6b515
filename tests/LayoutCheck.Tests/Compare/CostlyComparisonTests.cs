using System.Diagnostics;
using LayoutCheck.Compare;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>The largest types that a reader gives (<see cref="TypeGraphBuilder.Problem"/> refuses more), and no kernel has: each comparison of them ends.</summary>
public sealed class CostlyComparisonTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Functions_that_take_functions_are_compared()
    {
        TypeDefinition left = Compared.Holding(b => Function(b, 4));
        Assert.Empty(InTime(() => Compared.Definitions(left, Compared.Holding(b => Function(b, 4)))).Changes);
        Assert.Equal(ChangeWord.Retyped, InTime(() => Compared.Definitions(left, Compared.Holding(b => Function(b, 8)))).Changes.Single().Word);
    }

    [Fact]
    public void Unnamed_unions_that_multiply_are_refused()
    {
        TypeDefinition definition = Compared.Struct(8, b => [new Member("m", Unnamed(b), 0)]);
        TooManyMembersException error = InTime(() => Assert.Throws<TooManyMembersException>(() => Compared.Definitions(definition, definition)));
        Assert.StartsWith("it has more than 16384 members", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_in_the_other_order_come_to_an_end()
    {
        const int Count = 8000;
        TypeDefinition left = Compared.Struct(Count * 4, b => Members(b, i => i));
        TypeDefinition right = Compared.Struct(Count * 4, b => Members(b, i => Count - 1 - i));
        Assert.Equal(Count, InTime(() => Compared.Definitions(left, right)).Changes.Length);

        static Member[] Members(TypeGraphBuilder builder, Func<int, int> place)
        {
            TypeId type = builder.Add(new BaseType("int", 4, BaseEncoding.Signed));
            return [.. Enumerable.Range(0, Count).Select(i => new Member($"m{i}", type, (ulong)place(i) * 32))];
        }
    }

    private static T InTime<T>(Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        Assert.True(Stopwatch.GetElapsedTime(start) < s_patience, $"took {Stopwatch.GetElapsedTime(start)}");
        return result;
    }

    // A pointer to a function of two such pointers, and so on: 60,000 characters to spell.
    private static TypeId Function(TypeGraphBuilder builder, ulong size)
    {
        TypeId type = builder.Add(new BaseType("x", size, BaseEncoding.Signed));
        for (int i = 0; i < 10; i++)
        {
            type = builder.Add(new PointerType(builder.Add(new FunctionType(TypeId.Void, [type, type], false)), 8));
        }

        Assert.Null(builder.Problem);
        return type;
    }

    // A union of two such unions, and so on: 65,534 members.
    private static TypeId Unnamed(TypeGraphBuilder builder)
    {
        TypeId type = builder.Add(new BaseType("long int", 8, BaseEncoding.Signed));
        for (int i = 0; i < 15; i++)
        {
            type = builder.Add(new AggregateType(AggregateKind.Union, null, 8, null, [new Member("a", type, 0), new Member("b", type, 0)]));
        }

        Assert.Null(builder.Problem);
        return type;
    }
}
