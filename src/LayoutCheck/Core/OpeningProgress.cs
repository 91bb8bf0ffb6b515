namespace LayoutCheck.Core;

/// <summary>How far the opening of an image is, for another thread to show: reading a pipe, unpacking a package, fetching. Thread-safe.</summary>
public sealed class OpeningProgress
{
    private volatile string _words = "";
    private double _fraction;

    /// <summary>The present step in a few words; empty while nothing takes long.</summary>
    public string Words => _words;

    /// <summary>How much of the step is done, from 0 to 1; 0 where it is not known.</summary>
    public double FractionDone => Volatile.Read(ref _fraction);

    internal void Report(string words, double fraction)
    {
        _words = words;
        Volatile.Write(ref _fraction, fraction);
    }
}
