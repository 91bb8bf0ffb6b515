namespace LayoutCheck.Cli;

/// <summary>Standard error, for all that is not a result. A line that cannot be written (a full disk, a limit on files) is lost, and the exit code stays.</summary>
internal static class StandardError
{
    /// <summary>Writes a line.</summary>
    public static void WriteLine(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (Exception e) when (Output.IsOfFiles(e))
        {
            // There is no other place to say so.
        }
    }
}
