using SharpFuzz;

namespace LayoutCheck.Fuzz;

/// <summary>A copy of this program whose library counts the edges that it takes (<see cref="EdgeMap"/>).</summary>
internal static class InstrumentedProgram
{
    /// <summary>Copies this program to a folder, instruments the library there, and returns the path of the copy's assembly.</summary>
    public static string Make(string folder)
    {
        _ = Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string library = typeof(KernelImage).Assembly.Location;
        _ = Fuzzer.Instrument(Path.Combine(folder, Path.GetFileName(library)), _ => true, SharpFuzz.Options.Value);
        return Path.Combine(folder, Path.GetFileName(typeof(InstrumentedProgram).Assembly.Location));
    }
}
