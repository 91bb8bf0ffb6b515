using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>Lines of a report that has a greatest size: what does not fit is counted, and the report says so.</summary>
/// <param name="output">Where the lines go.</param>
/// <param name="mostBytes">The size in bytes of UTF-8; the last line comes on top.</param>
internal sealed class BoundedLines(TextWriter output, int mostBytes)
{
    private int _written;
    private int _leftOut;

    /// <summary>Writes a line, if it fits.</summary>
    public void Write(string line) => WriteBlock([line]);

    /// <summary>Writes lines that are worth something each: as many as fit.</summary>
    public void WriteRows(IEnumerable<string> lines)
    {
        int leftOut = 0;
        foreach (string line in lines)
        {
            // Half of the room is for what comes behind a table.
            if (leftOut > 0 || !Fits([line], mostBytes / 2))
            {
                leftOut++;
                continue;
            }

            Write(line);
        }

        if (leftOut > 0)
        {
            Write("");
            Write($"and {Printable.Count((ulong)leftOut, "row")} more, which the JSON report has.");
        }
    }

    /// <summary>Writes lines that belong together, or none of them.</summary>
    public void WriteBlock(IReadOnlyCollection<string> lines)
    {
        if (!Fits(lines, 0))
        {
            _leftOut++;
            return;
        }

        foreach (string line in lines)
        {
            _written += Encoding.UTF8.GetByteCount(line) + 1;
            output.Write(line);
            output.Write('\n');
        }
    }

    /// <summary>Says what is left out, if anything is.</summary>
    public void End()
    {
        if (_leftOut > 0)
        {
            output.Write($"\n{Printable.Count((ulong)_leftOut, "part")} of this report {(_leftOut == 1 ? "is" : "are")} left out, for it would be too large; the JSON report has all.\n");
        }
    }

    private bool Fits(IReadOnlyCollection<string> lines, int keep) => lines.Sum(l => Encoding.UTF8.GetByteCount(l) + 1) <= mostBytes - keep - _written;
}
