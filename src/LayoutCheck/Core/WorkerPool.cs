using System.Runtime.ExceptionServices;

namespace LayoutCheck.Core;

/// <summary>
/// A small thread pool for one question. Threads start lazily, up to one less than its size; the calling thread executes work too. Dispose executes or
/// awaits all queued work and joins the threads.
/// </summary>
/// <param name="size">The number of threads, the calling one included; at least 1.</param>
internal sealed class WorkerPool(int size) : IDisposable
{
    private readonly Queue<Job> _queue = [];
    private readonly List<Thread> _threads = [];
    private bool _isDisposed;

    /// <summary>The number of threads, the calling one included.</summary>
    public int Size { get; } = Math.Max(1, size);

    /// <summary>Queues work for another thread.</summary>
    /// <returns>A delegate that waits for completion and rethrows the work's exception; it runs the work inline if no thread has started it.</returns>
    public Action Queue(Action work)
    {
        Job job = Add(work);
        return () =>
        {
            job.TryRun();
            job.Wait();
        };
    }

    /// <summary>Runs work on all threads and returns when all are done; an exception on another thread is rethrown here.</summary>
    /// <param name="work">
    /// The work of one thread, by an index in [0, <see cref="Size"/>); the calling thread has index 0. Threads that are busy until the calling one is done
    /// do not take part.
    /// </param>
    public void RunOnAll(Action<int> work)
    {
        Job[] jobs = [.. Enumerable.Range(1, Size - 1).Select(index => Add(() => work(index)))];
        try
        {
            work(0);
        }
        finally
        {
            jobs = Array.FindAll(jobs, job => !job.TryClaim());
            Array.ForEach(jobs, job => job.Await());
        }

        Array.ForEach(jobs, job => job.Wait());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_queue)
        {
            _isDisposed = true;
            Monitor.PulseAll(_queue);
        }

        // Queued work may read files that the caller closes next.
        _threads.ForEach(thread => thread.Join());
    }

    private Job Add(Action work)
    {
        Job job = new(work);
        lock (_queue)
        {
            _queue.Enqueue(job);
            Monitor.Pulse(_queue);
            if (_threads.Count < Size - 1)
            {
                try
                {
                    Thread thread = new(Work);
                    thread.Start();
                    _threads.Add(thread);
                }
                catch (OutOfMemoryException)
                {
                    // No memory for another thread: the others do the work, if need be the calling one alone.
                }
            }
        }

        return job;
    }

    private void Work()
    {
        while (true)
        {
            Job job;
            lock (_queue)
            {
                while (_queue.Count == 0)
                {
                    if (_isDisposed)
                    {
                        return;
                    }

                    Monitor.Wait(_queue);
                }

                job = _queue.Dequeue();
            }

            job.TryRun();
        }
    }

    /// <summary>Work that one thread claims and runs.</summary>
    private sealed class Job(Action work)
    {
        private readonly object _lock = new();
        private bool _isDone;
        private ExceptionDispatchInfo? _failure;
        private int _isClaimed;

        /// <summary>Whether the caller, and no other thread, is to run the work.</summary>
        public bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;

        /// <summary>Runs the work if no thread has claimed it.</summary>
        public void TryRun()
        {
            if (!TryClaim())
            {
                return;
            }

            try
            {
                work();
            }
            catch (Exception e)
            {
                // An exception that leaves a thread ends the process: the waiting thread rethrows it.
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            lock (_lock)
            {
                _isDone = true;
                Monitor.PulseAll(_lock);
            }
        }

        /// <summary>Waits for completion.</summary>
        public void Await()
        {
            lock (_lock)
            {
                while (!_isDone)
                {
                    Monitor.Wait(_lock);
                }
            }
        }

        /// <summary>Waits for completion, and rethrows the work's exception.</summary>
        public void Wait()
        {
            Await();
            _failure?.Throw();
        }
    }
}
