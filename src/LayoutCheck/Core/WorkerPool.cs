using System.Runtime.ExceptionServices;

namespace LayoutCheck.Core;

/// <summary>
/// A small thread pool for one question. Threads start lazily, up to one less than its size; the calling thread executes work too. Dispose waits for
/// queued work and joins all threads.
/// </summary>
/// <param name="size">The number of threads, the calling one included; at least 1.</param>
public sealed class WorkerPool(int size) : IDisposable
{
    private readonly object _lock = new();
    private readonly List<Job> _queue = [];
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _isDisposed;

    /// <summary>The number of threads, the calling one included.</summary>
    public int Size { get; } = Math.Max(1, size);

    /// <summary>Queues work for another thread.</summary>
    /// <returns>A delegate that waits for completion and rethrows the work's exception; it runs the work inline if no thread has started it.</returns>
    public Action Queue(Action work)
    {
        Job job = new(work);
        Add(job);
        return () =>
        {
            Wait(job, stealIfQueued: true);
            job.Failure?.Throw();
        };
    }

    /// <summary>Runs work on all threads, and returns when all are done; an exception on another thread is rethrown here.</summary>
    /// <param name="work">
    /// The work of one thread, which gets an index in [0, <see cref="Size"/>); the calling thread has 0. A thread that would start when the calling one is done does not take part.
    /// </param>
    public void RunOnAll(Action<int> work)
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
                Wait(job, stealIfQueued: false);
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
            _isDisposed = true;
            Monitor.PulseAll(_lock);
        }

        // Queued work may read files that the caller closes next.
        _threads.ForEach(thread => thread.Join());
    }

    private void Add(Job job)
    {
        Thread? thread = null;
        lock (_lock)
        {
            _queue.Add(job);
            if (_queue.Count > _idle && _threads.Count < Size - 1)
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
            // No memory for another thread: the others do the work, if need be the calling one alone.
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
                if (_queue.Count > 0)
                {
                    Execute(_queue[0]);
                }
                else if (_isDisposed)
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

    private void Wait(Job job, bool stealIfQueued)
    {
        lock (_lock)
        {
            if (_queue.Contains(job))
            {
                if (!stealIfQueued)
                {
                    _queue.Remove(job);
                    return;
                }

                Execute(job);
            }

            while (!job.IsDone)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    // Called with the lock held; releases it while the work runs.
    private void Execute(Job job)
    {
        _queue.Remove(job);
        Monitor.Exit(_lock);
        try
        {
            job.Work();
        }
        catch (Exception e)
        {
            // An exception that leaves a thread ends the process: the waiting thread rethrows it.
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
