using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Rules.Language;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;
using LayoutCheck.VmCoreInfo;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// All that the program does with one image, done with hostile bytes: opened in memory and as a file, checked with one thread and with two and without the
/// fast path, shown, asked for its names; as text and as JSON. Says what went wrong: an exception that is not the one decode failure, two answers that differ, a step
/// over its time or its memory.
/// </summary>
internal sealed class HostileCase
{
    /// <summary>The stack that the steps run on: an eighth of what a program's main thread has.</summary>
    public const int StackSize = 1 << 20;

    // Wall time, on a machine that does other things too: a step that is over it is measured again.
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(1);

    private const string BetweenDefinitions = "\f";

    private static readonly RuleSet s_flagship = RuleCatalog.Default.Select(only: ["pgmap-on-compound-head"]);

    private readonly byte[] _bytes;
    private readonly IReadOnlyList<TypeName> _names;
    private readonly StringBuilder _failures = new();

    // Where the files of this thread's case lie, and those of no other.
    [ThreadStatic]
    private static string? s_folder;

    private readonly string _path = "case";
    private readonly string? _base;

    private HostileCase(byte[] bytes, IReadOnlyList<TypeName> names, FuzzRun.Companion? companion = null)
    {
        _bytes = bytes;
        _names = names;
        if (bytes.Length == 0)
        {
            return;
        }

        s_folder ??= Directory.CreateTempSubdirectory("layoutcheck-fuzz-").FullName;
        foreach (string old in Directory.EnumerateFiles(s_folder))
        {
            File.Delete(old);
        }

        _path = Path.Combine(s_folder, ImageName);
        File.WriteAllBytes(_path, bytes);
        if (companion is null)
        {
            return;
        }

        string other = Path.Combine(s_folder, companion.Name);
        File.WriteAllBytes(other, companion.Bytes);
        _base = companion.IsBase ? other : null;
        if (companion.Beside is var (name, beside))
        {
            File.WriteAllBytes(Path.Combine(s_folder, name), beside);
        }
    }

    /// <summary>What the image is called as a file.</summary>
    public const string ImageName = "case";

    /// <summary>Runs a step that starts threads. A guided run sets it, because the edges of several threads would mix.</summary>
    public static Func<Func<string?>, string?> RunWithThreads { get; set; } = step => step();

    /// <summary>Removes what this thread has written.</summary>
    public static void Clean()
    {
        if (s_folder is { } folder)
        {
            Directory.Delete(folder, true);
            s_folder = null;
        }
    }

    /// <summary>What a step may allocate in all, in bytes, kept or not: 64 MiB and 64 times the file.</summary>
    public static long MostAllocated(int fileSize) => (64L << 20) + (64L * fileSize);

    /// <summary>What is wrong, or null.</summary>
    /// <param name="bytes">The image.</param>
    /// <param name="names">Types to show.</param>
    /// <param name="companion">The file that it refers to, or null.</param>
    public static string? Run(byte[] bytes, IReadOnlyList<TypeName> names, FuzzRun.Companion? companion = null)
    {
        HostileCase one = new(bytes, names, companion);
        one.Image(SourceChoice.Auto);
        one.Image(SourceChoice.Btf);
        one.Bpf();
        one.Exported();
        return one._failures.Length == 0 ? null : one._failures.ToString();
    }

    /// <summary>What is wrong with how a rule file is read and evaluated, or null.</summary>
    public static string? Run(string rule, IReadOnlyDictionary<TypeName, DefinitionSet> definitions)
    {
        HostileCase one = new([], []);
        string? outcome = one.Step("rule", () =>
        {
            Rule parsed = RuleParser.Parse("fuzz.md", rule);
            ImmutableArray<RuleResult> results = RuleEvaluator.Evaluate(new RuleSet([parsed]), definitions, new TargetInfo(8, false));
            return string.Join('\n', results.SelectMany(r => r.Checks).Select(c => $"{c.Outcome} {c.Reason} {c.Check.Expression.Text}"));
        });
        one.CheckPrintable("rule", outcome is null ? "" : Printable.Escape(outcome.Replace("\n", "", StringComparison.Ordinal)));
        _ = one.Step("import", () => RuleImporter.Import("fuzz.h", rule).RuleText ?? "");
        return one._failures.Length == 0 ? null : one._failures.ToString();
    }

    /// <summary>Shows a type in every way; throws when the output is not fit to be shown.</summary>
    public static void ShowAll(TypeDefinition definition, KernelImage image)
    {
        HostileCase one = new([], []);
        _ = one.Show(definition, image);
        if (one._failures.Length > 0)
        {
            throw new InvalidOperationException(one._failures.ToString());
        }
    }

    // What the code exports, and the bytes as a note of a dump.
    private void Exported()
    {
        _ = Step("vmcoreinfo", () =>
        {
            using UnwrappedImage image = UnwrappedImage.Open(MappedFile.FromBytes(_path, [.. _bytes]), keepsBare: true);
            return CodeImage.Of(image) is { } code && VmCoreInfoReader.Read(code, null) is { } note ? string.Join('\n', note.Lines.Select(l => Printable.Escape(l.ToString()))) : "none";
        });
        _ = Step("note", () =>
        {
            using MappedFile file = MappedFile.FromBytes(_path, [.. _bytes]);
            return string.Join('\n', NoteFile.Read(file).Lines.Select(l => Printable.Escape(l.ToString())));
        });
    }

    private void Image(SourceChoice source)
    {
        string? check = Step($"{source} check", () => Open(source, image => Json(CheckAnalysis.Run(image, RuleCatalog.Default, 1))));
        string? twice = RunWithThreads(() => Step($"{source} check with two threads", () => Open(source, image => Json(CheckAnalysis.Run(image, RuleCatalog.Default, 2)))));
        Same($"{source}: check with one thread and with two", check, twice);
        string? file = Step($"{source} check of the file", () => Open(source, image => Json(CheckAnalysis.Run(image, RuleCatalog.Default, 1)), isFile: true));
        if (check is not null && file is not null && !IsRefusal(check) && !IsRefusal(file))
        {
            Same($"{source}: check of the bytes and of the file", check, file);
        }

        if (check is not null && check.StartsWith("cannot open", StringComparison.Ordinal))
        {
            return;
        }

        if (source == SourceChoice.Auto)
        {
            Survey(source);
            Code(source);
        }

        foreach (TypeName name in _names)
        {
            string? first = Step($"{source} show {name}", () => Open(source, image => image.Types.FindFirst(name) is { } d ? Show(d, image) : "none"));
            string? all = Step($"{source} show all {name}", () => Open(source, image =>
                image.Types.FindAll([name], 1, withPlaces: true).Sets[0] is var set && set.Problem is { } problem ? throw problem
                    : set.Distinct is [_, ..] distinct ? string.Join(BetweenDefinitions, distinct.Select(d => Show(d, image))) : "none"));
            if (first is not null && all is not null && !IsRefusal(first) && !IsRefusal(all) && !all.Split(BetweenDefinitions).Select(WithoutPlace).Contains(WithoutPlace(first)))
            {
                // Which unit is the first may differ, and with it where equal ones are declared: a part that nobody imports is looked at last when one
                // is enough.
                Same($"{source}: the first definition of {name} and all of them", first, all);
            }
        }

        _ = Step($"{source} names", () => Open(source, image => string.Join('\n', image.Types.DefinedNames().Select(n => Printable.Escape(n.ToString())))));
    }

    // As a BPF object on a kernel, and as the kernel that an object is for.
    private void Bpf()
    {
        _ = Step("BPF object", () => Open(SourceChoice.Btf, image =>
        {
            using KernelImage kernel = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5-btf.elf", SourceChoice.Btf);
            return image.IsBpfObject ? Bpf(image, kernel) : "none";
        }));
        foreach (SourceChoice source in (ReadOnlySpan<SourceChoice>)[SourceChoice.Auto, SourceChoice.Btf])
        {
            _ = Step($"{source} kernel of a BPF object", () => Open(source, kernel =>
            {
                using KernelImage image = FixtureFile.Open("bpf/bpf.forms.o", SourceChoice.Btf);
                return kernel.IsBpfObject ? "none" : Bpf(image, kernel);
            }));
        }
    }

    private string Bpf(KernelImage image, KernelImage kernel)
    {
        BpfReport report = BpfAnalysis.Run(image, kernel, 1);
        string text = Written.Text(report);
        CheckPrintable("BPF", text);
        CheckJson("BPF", Written.UnjudgedJson(report));
        return text;
    }

    private static string WithoutPlace(string shown) => string.Join('\n', shown.Split('\n').Where(line => !line.Contains("declared at", StringComparison.Ordinal)));

    // The fast path is the slow one, only faster: where both answer, they say the same.
    private void Survey(SourceChoice source)
    {
        string? fast = Step("fast survey", () => Dwarf(isSlow: false));
        string? slow = Step("slow survey", () => Dwarf(isSlow: true));
        if (fast is not null && slow is not null && !IsRefusal(fast) && !IsRefusal(slow))
        {
            Same($"{source}: the fast path and the slow one", fast, slow);
        }

        string? census = Step("census", () => Census(FastPaths.None));
        string? surveyed = Step("census by a survey", () => Census(FastPaths.Census));
        // The list of names, which the survey needs first, looks into functions too: it may refuse an image whose types are whole.
        if (census is not null && surveyed is not null && !IsRefusal(surveyed))
        {
            Same($"{source}: the census and the survey of all names", census, surveyed);
        }
    }

    // The instructions, with their location lists, ranges and addresses; the answer does not depend on the threads.
    private void Code(SourceChoice source)
    {
        string? one = Step("code", () => Open(source, image => Code(image, 1)));
        string? two = RunWithThreads(() => Step("code with two threads", () => Open(source, image => Code(image, 2))));
        Same($"{source}: the instructions with one thread and with two", one, two);
        _ = Step("explain", () => Open(source, image => Written.Text(CodeAnalysis.Explain(HelperCatalog.Find("_compound_head")!, image, 1))));
    }

    private string Code(KernelImage image, int threads)
        => Json(CodeAnalysis.AddTo(CheckAnalysis.Run(image, s_flagship, threads), image, threads));

    // All that a census knows, every definition read.
    private string Census(FastPaths disabled)
    {
        using KernelImage image = KernelImage.FromBytes(_path, _bytes, new ImageOptions(SourceChoice.Auto, null, _base, Disable: disabled));
        if (image.Types.Kind != SourceKind.Dwarf)
        {
            return "";
        }

        using WorkerPool pool = new(1);
        return CensusText.Of(image.Types.TakeCensus(pool));
    }

    private string Dwarf(bool isSlow)
    {
        using MappedFile file = MappedFile.FromBytes(_path, _bytes);
        if (!ElfFile.HasMagic(file) || DwarfImage.Find(ElfFile.Read(file)) is not { } dwarf)
        {
            return "";
        }

        using WorkerPool pool = new(1);
        SurveyPlan plan = new(dwarf, new WantedNames([.. RuleCatalog.Default.RequiredTypes.Union(_names)], dwarf.Sections), withPlaces: true) { IsSlow = isSlow };
        Survey survey = SurveyMerge.Merge(plan, SurveyWorker.RunAll(plan, pool), () => new TargetInfo(8, false));
        StringBuilder text = new();
        foreach (DefinitionSet set in survey.Sets)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{set.Name} declared {set.DeclarationCount}\n");
            foreach (TypeDefinition definition in set.Distinct)
            {
                _ = text.Append(CultureInfo.InvariantCulture, $"  in {string.Join(", ", definition.Units.Select(u => $"{u.Index} {u.Name}"))}\n");
                foreach (LayoutItem item in TypeLayout.Of(definition, expandAll: true).Items)
                {
                    _ = text.Append(CultureInfo.InvariantCulture, $"    {item.Kind} {item.Path} {item.BitOffset} {item.BitSize}\n");
                }
            }
        }

        return text.ToString();
    }

    // As a file it is opened as users open it; so small a one is read into memory at once, and not mapped (MappedFile).
    private string Open(SourceChoice source, Func<KernelImage, string> use, bool isFile = false)
    {
        KernelImage image;
        try
        {
            ImageOptions options = new(source, null, _base);
            image = isFile ? KernelImage.Open(_path, options) : KernelImage.FromBytes(_path, _bytes, options);
        }
        catch (InvalidImageException e)
        {
            return "cannot open: " + Described(e);
        }

        using (image)
        {
            return use(image);
        }
    }

    private string Json(CheckReport report)
    {
        string text = Written.Text(report);
        CheckPrintable("check", text);
        string json = Written.UnjudgedJson(report);
        CheckJson("check", json);
        return text + json;
    }

    private string Show(TypeDefinition definition, KernelImage image)
    {
        StringBuilder text = new();
        ImageFacts facts = image.ReadFacts();
        foreach (bool expand in (ReadOnlySpan<bool>)[false, true])
        {
            TypeLayout layout = TypeLayout.Of(definition, expand);
            ShownType whole = new(definition, layout, null, null, null) { Scalars = image.Types.Scalars };
            ShowReport show = new([whole], image.Types.Kind, new ShowOptions(Expand: expand), null) { Run = RunInfo.Of("case"), Image = facts, Files = image.OtherFiles };
            OverlapReport overlap = new(definition, layout, null, image.Types.Kind, null) { Run = RunInfo.Of("case"), Image = facts, Files = image.OtherFiles };
            // The comment above a layout tells its origin, which differs from way to way; all else may not.
            CheckPrintable("show", Written.Text(show));
            _ = text.Append(WithoutOrigin(Written.Text(show))).Append(Written.Text(overlap with { Files = [] }));
            CheckJson("show", Written.UnjudgedJson(show));
            CheckJson("overlap", Written.UnjudgedJson(overlap));
            if (layout.Items.FirstOrDefault(i => i.Path.Length > 0) is { } item && MemberPath.Resolve(definition.Graph, definition.Root, item.Path) is { } member)
            {
                _ = text.Append(WithoutOrigin(Written.Text(show with { Types = [whole with { Member = member }] }))).Append(Written.Text(overlap with { Member = member, Files = [] }));
            }
        }

        string written = text.ToString();
        CheckPrintable("show", written);
        return written;
    }

    private static string WithoutOrigin(string text) => string.Join('\n', text.Split('\n').Where(l => !l.StartsWith("/* from ", StringComparison.Ordinal) && !l.StartsWith("/* .dw", StringComparison.Ordinal)));

    // What a terminal would obey: no control character but the newlines and tabs of our own, nothing that turns the writing around.
    private void CheckPrintable(string what, string text)
    {
        foreach (char c in text)
        {
            if ((char.IsControl(c) && c is not ('\n' or '\t')) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                Fail($"{what}: the output has the character U+{(int)c:X4}");
                return;
            }
        }
    }

    private void CheckJson(string what, string json)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(json);
        if (bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') && bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~') is var at && bytes[at] != '\n')
        {
            Fail($"{what}: the JSON has the byte 0x{bytes[at]:x2}");
        }

        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            Fail($"{what}: the JSON cannot be read: {e.Message}");
        }
    }

    private void Same(string what, string? a, string? b)
    {
        if (a is null || b is null || a == b)
        {
            return;
        }

        string[] left = a.Split('\n');
        string[] right = b.Split('\n');
        int line = left.Zip(right).TakeWhile(p => p.First == p.Second).Count();
        Fail($"{what} differ in line {line + 1}:\n    {(line < left.Length ? left[line] : "(end)")}\n    {(line < right.Length ? right[line] : "(end)")}");
    }

    private void Fail(string failure) => _failures.AppendLine(failure);

    private static bool IsRefusal(string outcome) => outcome.StartsWith("refused: ", StringComparison.Ordinal) || outcome.StartsWith("cannot open: ", StringComparison.Ordinal);

    private static string Described(Exception e)
    {
        // What is wrong is told in a line that fits a screen, whatever the file says of itself.
        string message = Printable.Escape(e.Message);
        return message.Length <= 4096 ? message : throw new InvalidOperationException($"an error message of {message.Length} characters: {message[..200]}");
    }

    // Null when the step failed in a way that it must not.
    private string? Step(string what, Func<string> step)
    {
        for (int attempt = 1; ; attempt++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            string? outcome;
            try
            {
                outcome = step();
            }
            catch (Exception e) when (e is InvalidImageException or RuleException)
            {
                outcome = "refused: " + Described(e);
            }
            catch (Exception e)
            {
                Fail($"{what}: {e}");
                return null;
            }

            TimeSpan time = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > MostAllocated(_bytes.Length))
            {
                Fail($"{what}: allocated {allocated >> 20} MiB for a file of {_bytes.Length} bytes");
            }

            if (time <= s_mostTime)
            {
                return outcome;
            }

            if (attempt == 3)
            {
                Fail(string.Create(CultureInfo.InvariantCulture, $"{what}: took {time.TotalSeconds:f1} s for a file of {_bytes.Length} bytes"));
                return outcome;
            }
        }
    }
}
