using System.Runtime.ExceptionServices;

namespace LayoutCheck;

/// <summary>
/// The threads that may work on one question: the one that asks, and others that are made when there is something for them to do, and that go from one
/// thing to the next. To be disposed of by who made it, which waits for all that was begun.
/// </summary>
/// <param name="size">How many threads may work, with the one that asks; at least one does.</param>
public sealed class Team(int size) : IDisposable
{
    private readonly object _lock = new();
    // What nobody has begun.
    private readonly List<Job> _waiting = [];
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _isOver;

    /// <summary>How many threads may work, with the one that asks.</summary>
    public int Size { get; } = Math.Max(1, size);

    /// <summary>Begins something that is needed later, on another thread if there may be one.</summary>
    /// <returns>What waits for it, and throws what it threw. When nobody has begun it by then, who asks does it.</returns>
    public Action Begin(Action work)
    {
        Job job = new(work);
        Add(job);
        return () =>
        {
            Wait(job, isNeeded: true);
            job.Failure?.Throw();
        };
    }

    /// <summary>Does something on all threads at once, as that of who asks is number 0, and returns when all are through.</summary>
    /// <param name="work">
    /// Takes its part of what there is to do, and no more than is left; is told a number below <see cref="Size"/>, each once. Some may not be told, as
    /// nothing was left. What it throws on another thread is thrown here.
    /// </param>
    public void Share(Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Job[] jobs = new Job[Size - 1];
        for (int i = 0; i < jobs.Length; i++)
        {
            int number = i + 1;
            Add(jobs[i] = new Job(() => work(number)));
        }

        try
        {
            work(0);
        }
        finally
        {
            foreach (Job job in jobs)
            {
                Wait(job, isNeeded: false);
            }
        }

        foreach (Job job in jobs)
        {
            job.Failure?.Throw();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            Monitor.PulseAll(_lock);
        }

        // What was begun may read what is closed next.
        _threads.ForEach(thread => thread.Join());
    }

    private void Add(Job job)
    {
        Thread? thread = null;
        lock (_lock)
        {
            _waiting.Add(job);
            if (_waiting.Count > _idle && _threads.Count < Size - 1)
            {
                thread = new Thread(Work);
                _threads.Add(thread);
            }

            Monitor.PulseAll(_lock);
        }

        try
        {
            thread?.Start();
        }
        catch (OutOfMemoryException)
        {
            // There is no room for another: fewer do, down to who asks.
            lock (_lock)
            {
                _threads.Remove(thread!);
            }
        }
    }

    private void Work()
    {
        lock (_lock)
        {
            while (true)
            {
                if (_waiting.Count > 0)
                {
                    Do(_waiting[0]);
                }
                else if (_isOver)
                {
                    return;
                }
                else
                {
                    _idle++;
                    Monitor.Wait(_lock);
                    _idle--;
                }
            }
        }
    }

    private void Wait(Job job, bool isNeeded)
    {
        lock (_lock)
        {
            if (_waiting.Contains(job))
            {
                if (!isNeeded)
                {
                    _waiting.Remove(job);
                    return;
                }

                Do(job);
            }

            while (!job.IsDone)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    // Holding the lock, which is given back for as long as the work takes.
    private void Do(Job job)
    {
        _waiting.Remove(job);
        Monitor.Exit(_lock);
        try
        {
            job.Work();
        }
        catch (Exception e)
        {
            // On a thread of our own it would end the process: it is thrown again where the caller can catch it.
            job.Failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            Monitor.Enter(_lock);
            job.IsDone = true;
            Monitor.PulseAll(_lock);
        }
    }

    private sealed class Job(Action work)
    {
        public Action Work => work;

        public bool IsDone { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
