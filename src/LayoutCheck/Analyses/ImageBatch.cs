using System.Runtime.ExceptionServices;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Analyses;

/// <summary>
/// Asks one question of many images side by side, and delivers the answers in the order of the inputs, each as soon as it and those before it are there. An
/// image that cannot be read is an answer too, and never ends the others.
/// </summary>
public static class ImageBatch
{
    // An answer waits for those before it: so many may wait, for an image of half a gigabyte among modules.
    private const int LookAhead = 256;

    /// <summary>Works on the inputs. With one thread, or one input, no thread is started.</summary>
    /// <param name="paths">The inputs; one that is there twice is asked twice.</param>
    /// <param name="limits">How many images may be worked on at once.</param>
    /// <param name="ask">
    /// Opens an input, asks, and closes it, with a number of threads: 1 where there are enough inputs, more where there are fewer than threads. Called on any
    /// thread.
    /// </param>
    /// <param name="failed">The answer for an input that cannot be read. Called on any thread.</param>
    /// <returns>The answers. The work begins when they are asked for, and goes on while they are consumed; leaving them ends it.</returns>
    /// <exception cref="UsageException">The question is wrong, whatever the image.</exception>
    /// <exception cref="RuleException">A rule is wrong, whatever the image.</exception>
    public static IEnumerable<T> Run<T>(IReadOnlyList<string> paths, BatchLimits limits, Func<string, int, T> ask, Func<string, InvalidImageException, T> failed)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(ask);
        ArgumentNullException.ThrowIfNull(failed);
        return limits.Threads <= 1 || paths.Count <= 1
            ? paths.Select(path => Ask(path, Math.Max(1, limits.Threads), ask, failed))
            : SideBySide(paths, limits, ask, failed);
    }

    private static IEnumerable<T> SideBySide<T>(IReadOnlyList<string> paths, BatchLimits limits, Func<string, int, T> ask, Func<string, InvalidImageException, T> failed)
    {
        Batch<T> run = new(paths, limits, (path, threads) => Ask(path, threads, ask, failed));
        try
        {
            run.Start();
            for (int i = 0; i < paths.Count; i++)
            {
                yield return run.Take(i);
            }
        }
        finally
        {
            run.Stop();
        }
    }

    private static T Ask<T>(string path, int threads, Func<string, int, T> ask, Func<string, InvalidImageException, T> failed)
    {
        try
        {
            return ask(path, threads);
        }
        catch (InvalidImageException e)
        {
            return failed(path, e);
        }
        catch (OutOfMemoryException)
        {
            return failed(path, new InvalidImageException(path, null, null, "there is not enough memory for it", "allow more, or work on fewer images at once (--threads, --memory)"));
        }
        catch (Exception e) when (e is not (UsageException or RuleException))
        {
            // A defect that one image brings to light must not take the records of the others.
            return failed(path, new InvalidImageException(path, null, null, $"a defect of layoutcheck: {e.GetType().Name}: {e.Message}", "please report it, with the input"));
        }
    }

    /// <summary>One batch at work: its threads, and the answers that wait to be taken.</summary>
    private sealed class Batch<T>(IReadOnlyList<string> paths, BatchLimits limits, Func<string, int, T> ask)
    {
        private readonly object _lock = new();
        private readonly List<Thread> _threads = [];
        private readonly Dictionary<int, (T? Answer, ExceptionDispatchInfo? Failure)> _done = [];
        private ulong _memory;
        private int _running;
        private int _next;
        private int _taken;
        private bool _isStopped;

        public void Start()
        {
            for (int i = 0; i < Math.Min(limits.Threads, paths.Count); i++)
            {
                try
                {
                    Thread thread = new(Work);
                    thread.Start();
                    _threads.Add(thread);
                }
                catch (OutOfMemoryException) when (_threads.Count > 0)
                {
                    // No memory for another thread: the others do the work.
                    return;
                }
            }
        }

        /// <summary>Waits for an answer and gives it away.</summary>
        public T Take(int index)
        {
            lock (_lock)
            {
                while (!_done.ContainsKey(index))
                {
                    Monitor.Wait(_lock);
                }

                (T? answer, ExceptionDispatchInfo? failure) = _done[index];
                _done.Remove(index);
                _taken = index + 1;
                Monitor.PulseAll(_lock);
                failure?.Throw();
                return answer!;
            }
        }

        /// <summary>Begins no further input, and waits for those that are worked on.</summary>
        public void Stop()
        {
            lock (_lock)
            {
                _isStopped = true;
                Monitor.PulseAll(_lock);
            }

            _threads.ForEach(thread => thread.Join());
        }

        private void Work()
        {
            while (Begin() is { } begun)
            {
                T? answer = default;
                ExceptionDispatchInfo? failure = null;
                try
                {
                    answer = ask(paths[begun.Index], begun.Threads);
                }
                catch (Exception e)
                {
                    // An exception that leaves a thread ends the process: the consumer gets it in its place.
                    failure = ExceptionDispatchInfo.Capture(e);
                }

                lock (_lock)
                {
                    _done[begun.Index] = (answer, failure);
                    _memory -= begun.Memory;
                    _running--;
                    Monitor.PulseAll(_lock);
                }
            }
        }

        // Inputs are begun in their order: a large one that waits for memory is not passed by for ever.
        private (int Index, int Threads, ulong Memory)? Begin()
        {
            lock (_lock)
            {
                (int Index, ulong Memory) known = (-1, 0);
                while (true)
                {
                    if (_isStopped || _next == paths.Count)
                    {
                        return null;
                    }

                    if (known.Index != _next)
                    {
                        known = (_next, ImageMemory.EstimateFor(paths[_next]));
                    }

                    if (_next < _taken + LookAhead && (_running == 0 || _memory + known.Memory <= limits.MemoryBytes))
                    {
                        break;
                    }

                    Monitor.Wait(_lock);
                }

                int threads = Math.Max(1, limits.Threads / (_running + paths.Count - _next));
                _memory += known.Memory;
                _running++;
                return (_next++, threads, known.Memory);
            }
        }
    }
}
