using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The answer to one question: a value that holds all that a format shows, and refers to no image.</summary>
public abstract record Report
{
    // The formats know every report that there is.
    private protected Report()
    {
    }

    /// <summary>The name of the question: <c>check</c>, <c>show</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The outcome as an exit code.</summary>
    public abstract ExitCode ExitCode { get; }

    /// <summary>Whether there is an answer to write, beside the <see cref="Notices"/>.</summary>
    public virtual bool HasAnswer => true;

    /// <summary>Remarks for a person, a line each, in the order in which they came up: names that were not found, what an answer lacks.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>Remarks on the inputs for a person, a line each: what was fetched and is not verified, which configuration is not used.</summary>
    public ImmutableArray<string> InputNotices { get; init; } = [];
}

/// <summary>An answer that rests on an image.</summary>
public abstract record ImageReport : Report
{
    private protected ImageReport()
    {
    }

    /// <summary>The program and the input of this run.</summary>
    public required RunInfo Run { get; init; }

    /// <summary>The facts that the image tells of itself; null where the format does not show them, for they take a search through megabytes.</summary>
    public ImageFacts? Image { get; init; }

    /// <summary>The files that the answer rests on: the image first, where its facts were read.</summary>
    public ImmutableArray<InputFile> Files { get; init; } = [];
}

/// <summary>The program and the input of one run: what differs between two runs over equal bytes.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="File">The input as the user named it.</param>
public readonly record struct RunInfo(string Version, string File)
{
    /// <summary>A run of this library on an input.</summary>
    public static RunInfo Of(string file) => new(LibraryVersion, file);

    /// <summary>The version of this library and of the program, in three parts.</summary>
    public static string LibraryVersion { get; } = typeof(RunInfo).Assembly.GetName().Version?.ToString(3) ?? "0";
}
