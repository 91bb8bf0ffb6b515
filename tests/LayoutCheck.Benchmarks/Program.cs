namespace LayoutCheck.Benchmarks;

/// <summary>Measures the program side by side with its peers.</summary>
internal static class Program
{
    public static int Main() => 0;
}
