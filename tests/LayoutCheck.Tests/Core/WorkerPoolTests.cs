using LayoutCheck.Core;

namespace LayoutCheck.Tests.Core;

/// <summary>Queued work runs once, on as many threads as the pool has, and its failures reach the caller.</summary>
public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Queued_work_runs_once(int size)
    {
        using WorkerPool pool = new(size);
        int done = 0;
        Action[] waits = [.. Enumerable.Range(0, 20).Select(_ => pool.Queue(() => Interlocked.Increment(ref done)))];
        Array.ForEach(waits, wait => wait());
        Array.ForEach(waits, wait => wait());

        Assert.Equal(20, done);
    }

    [Fact]
    public void A_pool_of_one_works_on_the_calling_thread()
    {
        using WorkerPool pool = new(1);
        int here = Environment.CurrentManagedThreadId;
        List<int> threads = [];
        Action wait = pool.Queue(() => threads.Add(Environment.CurrentManagedThreadId));
        pool.RunOnAll(_ => threads.Add(Environment.CurrentManagedThreadId));
        wait();

        Assert.Equal([here, here], threads);
    }

    [Fact]
    public void A_pool_of_two_works_on_two_threads_at_once()
    {
        using WorkerPool pool = new(2);
        using Barrier both = new(2);
        bool met = false;
        Action wait = pool.Queue(() => met = both.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        wait();
        Assert.True(met);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Each_index_runs_at_most_once_and_index_0_on_the_calling_thread(int size)
    {
        using WorkerPool pool = new(size);
        for (int round = 0; round < 50; round++)
        {
            int[] told = new int[size];
            int here = Environment.CurrentManagedThreadId;
            int asker = 0;
            pool.RunOnAll(number =>
            {
                Interlocked.Increment(ref told[number]);
                asker = number == 0 ? Environment.CurrentManagedThreadId : asker;
            });

            Assert.Equal(here, asker);
            Assert.All(told, times => Assert.InRange(times, 0, 1));
            Assert.Equal(1, told[0]);
        }
    }

    [Fact]
    public void A_thread_that_is_busy_until_the_end_does_not_take_part()
    {
        List<int> told = [];
        using (ManualResetEventSlim isOver = new())
        using (WorkerPool pool = new(2))
        {
            Action wait = pool.Queue(() => isOver.Wait(TestContext.Current.CancellationToken));
            pool.RunOnAll(told.Add);

            Assert.Equal([0], told);
            isOver.Set();
            wait();
        }

        Assert.Equal([0], told);
    }

    [Fact]
    public void A_thread_that_has_started_is_waited_for()
    {
        using WorkerPool pool = new(2);
        using ManualResetEventSlim hasBegun = new();
        bool isDone = false;
        pool.RunOnAll(number =>
        {
            if (number == 0)
            {
                hasBegun.Wait(TestContext.Current.CancellationToken);
                return;
            }

            hasBegun.Set();
            Thread.Sleep(20);
            isDone = true;
        });

        Assert.True(isDone);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_failure_is_rethrown_by_each_wait(int size)
    {
        using WorkerPool pool = new(size);
        Action wait = pool.Queue(() => throw new InvalidDataException("begun"));
        pool.RunOnAll(_ => { });

        Assert.Equal("begun", Assert.Throws<InvalidDataException>(wait).Message);
        Assert.Equal("begun", Assert.Throws<InvalidDataException>(wait).Message);
    }

    [Fact]
    public void A_failure_on_another_thread_is_rethrown()
    {
        using WorkerPool pool = new(2);
        using ManualResetEventSlim hasBegun = new();
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => pool.RunOnAll(number =>
        {
            if (number == 0)
            {
                hasBegun.Wait(TestContext.Current.CancellationToken);
                return;
            }

            hasBegun.Set();
            throw new InvalidDataException("shared");
        }));

        Assert.Equal("shared", e.Message);
    }

    [Fact]
    public void Dispose_waits_for_queued_work()
    {
        bool isDone = false;
        using (WorkerPool pool = new(2))
        {
            using ManualResetEventSlim hasBegun = new();
            _ = pool.Queue(() =>
            {
                hasBegun.Set();
                Thread.Sleep(20);
                isDone = true;
            });
            hasBegun.Wait(TestContext.Current.CancellationToken);
        }

        Assert.True(isDone);
    }
}
