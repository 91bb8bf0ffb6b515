using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz;

/// <summary>Runs cases in a child process, on threads with small stacks, and notes each in the slot file.</summary>
internal sealed class CaseRunner : IDisposable
{
    // A case that runs longer hangs.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly Options _options;
    private readonly FuzzRun _run;
    private readonly Differential _differential;
    private readonly SlotFile _slots;
    private readonly EdgeMap? _edges;
    private readonly FuzzGuide? _guide;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly long[] _started;
    private readonly long _end;
    private long _begun;
    private long _failed;

    /// <param name="options">The command line of the child.</param>
    public CaseRunner(Options options)
    {
        _options = options;
        // First of all: the instrumented library writes to the map.
        _edges = options.Mode == RunMode.Guided ? new EdgeMap() : null;
        _run = new FuzzRun(options.Seed, options.Corpus);
        _guide = _edges is null ? null : new FuzzGuide(_run, _edges, options.Seed);
        _differential = new Differential(Path.GetDirectoryName(options.Slots)!);
        _slots = new SlotFile(options.Slots!);
        _started = new long[options.Threads];
        _end = options.Hours > 0 ? long.MaxValue : options.Cases;
        if (_edges is not null)
        {
            HostileCase.RunWithThreads = _edges.RunUncounted;
        }
    }

    /// <summary>Runs the cases and returns the exit code: 0, or 3 when a case hangs.</summary>
    public int Run()
    {
        Thread[] threads = [.. Enumerable.Range(0, _options.Threads).Select(i => new Thread(() => Work(i), HostileCase.StackSize))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        while (!threads.All(t => t.Join(200)))
        {
            if (_started.Select((_, i) => Volatile.Read(ref _started[i])).Any(at => at != 0 && Stopwatch.GetElapsedTime(at) > s_longest))
            {
                Console.Error.WriteLine($"a case is running for more than {s_longest.TotalSeconds} s");
                // The thread cannot be stopped.
                Environment.Exit(3);
            }
        }

        if (_guide is not null)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"guided: {_guide.KeptCount} cases kept, {_edges!.ReachedCount} edges reached"));
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private void Work(int worker)
    {
        if (_guide is not null)
        {
            RunUndamaged();
        }

        while (TryTake(out long number))
        {
            if (_guide is not null)
            {
                (FuzzRun.Case one, ImmutableArray<long> lineage) = _guide.Next(number);
                RunOne(worker, lineage, () => _run.Run(one));
                _guide.Learn(one, lineage);
            }
            else
            {
                RunOne(worker, [number], _options.Mode == RunMode.Differential ? () => Compare(number) : () => _run.Run(_run.At(number)));
            }
        }

        HostileCase.Clean();
    }

    // What the undamaged images reach is not new.
    private void RunUndamaged()
    {
        for (int i = 0; i < _run.SeedCount; i++)
        {
            ImmutableArray<long> lineage = [~i];
            FuzzRun.Case one = _run.Of(lineage);
            RunOne(0, lineage, () => _run.Run(one));
            _guide!.Learn(one, lineage);
        }

        if (_edges!.ReachedCount == 0)
        {
            throw new InvalidOperationException("the library is not instrumented");
        }
    }

    private bool TryTake(out long number)
    {
        lock (_lock)
        {
            if (_begun >= _end || (_options.Hours > 0 && _time.Elapsed.TotalHours >= _options.Hours))
            {
                number = 0;
                return false;
            }

            number = _options.Start + _begun++;
            _slots.SetBegun(_begun);
            return true;
        }
    }

    private void RunOne(int worker, ImmutableArray<long> lineage, Func<string?> run)
    {
        _slots.Begin(worker, lineage);
        Volatile.Write(ref _started[worker], Stopwatch.GetTimestamp());
        string? failure;
        try
        {
            failure = run();
        }
        catch (Exception e)
        {
            // A fault of the fuzzer itself: the other cases still count.
            failure = $"the fuzzer failed: {e}";
        }

        Volatile.Write(ref _started[worker], 0);
        _slots.End(worker);
        if (failure is not null)
        {
            lock (_lock)
            {
                _slots.SetFailed(++_failed);
                FailureFile.Save(_options, _run, lineage, failure);
            }
        }
    }

    private string? Compare(long number)
    {
        (IReadOnlyList<string> outcomes, string? failure) = _differential.Run(_run.ComparableAt(number));
        lock (_lock)
        {
            _slots.AddOutcomes(outcomes);
        }

        return failure;
    }
}
