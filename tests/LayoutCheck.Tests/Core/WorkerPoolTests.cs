using LayoutCheck.Core;

namespace LayoutCheck.Tests.Core;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void What_is_begun_is_done_once_by_the_time_it_is_waited_for(int size)
    {
        using WorkerPool pool = new(size);
        int done = 0;
        Action[] waits = [.. Enumerable.Range(0, 20).Select(_ => pool.Queue(() => Interlocked.Increment(ref done)))];
        Array.ForEach(waits, wait => wait());
        Array.ForEach(waits, wait => wait());

        Assert.Equal(20, done);
    }

    [Fact]
    public void With_one_thread_nothing_is_done_on_another()
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
    public void With_two_threads_both_are_at_work_at_once()
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
    public void What_is_shared_is_done_by_each_number_at_most_once_and_by_who_asks(int size)
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
    public void Who_is_busy_when_all_is_done_is_not_waited_for_and_not_told_later()
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
    public void Who_has_begun_is_waited_for()
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
    public void What_fails_is_told_to_who_waits_and_only_then(int size)
    {
        using WorkerPool pool = new(size);
        Action wait = pool.Queue(() => throw new InvalidDataException("begun"));
        pool.RunOnAll(_ => { });

        Assert.Equal("begun", Assert.Throws<InvalidDataException>(wait).Message);
        Assert.Equal("begun", Assert.Throws<InvalidDataException>(wait).Message);
    }

    [Fact]
    public void What_fails_on_another_thread_is_thrown_here()
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
    public void All_that_was_begun_is_over_when_it_is_disposed_of()
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
