using LayoutCheck.Elf;
using LayoutCheck.IO;
using static LayoutCheck.Benchmarks.Statistics;

namespace LayoutCheck.Benchmarks;

/// <summary>Time and memory as .debug_info, the number of structs and the number of threads grow.</summary>
internal static class Scaling
{
    /// <summary>Structs of every kernel, roughly by the number of units that define them.</summary>
    public static IReadOnlyList<string> Structs { get; } =
    [
        "page", "folio", "dev_pagemap", "inode", "dentry", "file", "task_struct", "mm_struct", "vm_area_struct", "super_block",
        "address_space", "device", "kobject", "module", "cred", "user_namespace", "net", "sk_buff", "sock", "net_device",
        "pid", "nsproxy", "signal_struct", "sighand_struct", "rq", "cgroup", "cgroup_subsys_state", "mem_cgroup", "zone", "pglist_data",
        "kmem_cache", "bio", "request_queue", "gendisk", "block_device", "work_struct", "workqueue_struct", "timer_list", "hrtimer", "wait_queue_head",
        "mutex", "rw_semaphore", "percpu_ref", "xarray", "list_head", "rb_node", "path", "vfsmount", "kiocb", "pt_regs",
    ];

    private static readonly int[] s_counts = [1, 10, 50];

    /// <summary>Measures all settings in turn, round by round, so that a slow minute hits all of them.</summary>
    public static void Run(Workshop shop, IReadOnlyList<Kernel> kernels, int runs, double load)
    {
        Console.WriteLine(shop.Describe(kernels));
        double[] before = Program.SumSpreads(shop, kernels, runs);
        List<(Kernel Kernel, string What, int Threads, Command Command, List<Sample> Samples)> rows = [];
        foreach (Kernel kernel in kernels)
        {
            foreach (int threads in new[] { 1, 2 })
            {
                foreach (int count in s_counts)
                {
                    IEnumerable<string> names = Structs.Take(count).Select(name => $"struct {name}");
                    string[] line = [shop.Binary, "show", "--all", "--threads", $"{threads}", kernel.Path, .. names];
                    rows.Add((kernel, $"`show --all`, {count} struct{(count == 1 ? "" : "s")}", threads, new Command(line, [0, 1]), []));
                }

                Command check = new([shop.Binary, "check", "--threads", $"{threads}", kernel.Path], [0, 1, 4]);
                rows.Add((kernel, "`check`, the whole catalogue", threads, check, []));
            }
        }

        rows.ForEach(row => ChildProcess.Measure(shop.Runner, row.Command));
        Idleness idleness = new();
        for (int round = 1; round <= runs; round++)
        {
            Console.Error.WriteLine($"round {round} of {runs} ...");
            rows.ForEach(row => row.Samples.Add(ChildProcess.Measure(shop.Runner, row.Command)));
        }

        double others = idleness.OthersShare(rows.SelectMany(r => r.Samples).Sum(s => s.Cpu));
        Console.WriteLine(Program.DescribeIdleness(load, others, [.. before, .. Program.SumSpreads(shop, kernels, runs)]));
        Console.WriteLine();
        Console.WriteLine("""
            | kernel | .debug_info MB | what | threads | wall ms (min-max) | cpu ms | peak MiB | wall ms a 100 MB | of 1 thread |
            |---|---|---|---|---|---|---|---|---|
            """);
        foreach ((Kernel kernel, string what, int threads, _, List<Sample> samples) in rows)
        {
            double megabytes = InfoBytes(kernel) / 1e6;
            double wall = Median(samples.Select(s => s.Wall));
            double one = Median(rows.First(r => r.Kernel == kernel && r.What == what && r.Threads == 1).Samples.Select(s => s.Wall));
            Console.WriteLine($"| {kernel.Version} | {Text(megabytes)} | {what} | {threads} | {Spread([.. samples.Select(s => s.Wall)])} "
                + $"| {Text(Median(samples.Select(s => s.Cpu)))} | {Text(Median(samples.Select(s => s.Peak)))} "
                + $"| {Text(wall / megabytes * 100)} | {Text(wall / one)} |");
        }
    }

    private static ulong InfoBytes(Kernel kernel)
    {
        using MappedFile file = MappedFile.Open(kernel.Path);
        return ElfFile.Read(file).Find(".debug_info")!.ByteSize;
    }
}
