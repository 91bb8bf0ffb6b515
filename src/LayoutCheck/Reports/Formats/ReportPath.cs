using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>A path as formats of results name files: from the root of the source tree, or of the file system.</summary>
/// <param name="Path">The path without a leading slash, <c>.</c> or <c>..</c>.</param>
/// <param name="IsFromRoot">Whether it counts from the root of the file system; else from the source tree, or from the folder of the run.</param>
internal readonly record struct ReportPath(string Path, bool IsFromRoot)
{
    /// <summary>The path of a source file or of an image.</summary>
    public static ReportPath Of(string path)
    {
        // A job runs in the folder of the repository.
        string here = Environment.CurrentDirectory + "/";
        path = path.StartsWith(here, StringComparison.Ordinal) ? path[here.Length..] : path;
        bool isFromRoot = path.StartsWith('/');
        List<string> parts = [];
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "."))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (!isFromRoot)
            {
                // It leads out of the folder of the run.
                return Of(System.IO.Path.GetFullPath(path));
            }
        }

        return new ReportPath(string.Join('/', parts), isFromRoot);
    }

    /// <summary>The path as a relative reference of a URI (RFC 3986), percent-encoded.</summary>
    public string Uri => string.Join('/', Path.Split('/').Select(System.Uri.EscapeDataString));

    /// <summary>The path for people and for programs that open it, printable.</summary>
    public string Shown => Printable.Escape(IsFromRoot ? $"/{Path}" : Path);
}
