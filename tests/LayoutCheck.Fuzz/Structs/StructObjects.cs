using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>The object files of one source in all forms, each made on demand and once.</summary>
internal sealed class StructObjects
{
    private readonly string _folder;
    private readonly string _sourceFile;
    private readonly bool _hasMicrosoftExtensions;
    private readonly Dictionary<StructForm, string> _made = [];

    /// <param name="batch">The batch.</param>
    /// <param name="types">Those of its types that the source has.</param>
    /// <param name="folder">The folder for the files.</param>
    public StructObjects(StructBatch batch, ImmutableArray<GeneratedType> types, string folder)
    {
        Types = types;
        Source = StructBatch.Source(types);
        _folder = folder;
        _sourceFile = Path.Combine(folder, "structs.c");
        _hasMicrosoftExtensions = batch.HasMicrosoftExtensions;
        File.WriteAllText(_sourceFile, Source);
    }

    /// <summary>The types of the source.</summary>
    public ImmutableArray<GeneratedType> Types { get; }

    /// <summary>The text of the source.</summary>
    public string Source { get; }

    /// <summary>The command that makes a form, for the message of a failure.</summary>
    public string Command(StructForm form) => form.Inputs.Length == 0 ? string.Join(' ', [form.Tool, .. CompilerOptions(form), "structs.c"])
        : $"{form.Tool} {string.Join(' ', form.Options)} of {string.Join("; ", form.Inputs.Select(i => Command(StructForm.Named(i))))}";

    /// <summary>Makes a form and returns the path of its file.</summary>
    /// <exception cref="InvalidDataException">The tool fails.</exception>
    public string Make(StructForm form)
    {
        if (_made.TryGetValue(form, out string? made))
        {
            return made;
        }

        string[] inputs = [.. form.Inputs.Select(i => Make(StructForm.Named(i)))];
        string file = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"object{StructForm.All.IndexOf(form)}.o"));
        if (form.Tool == "pahole")
        {
            // pahole writes into its input.
            File.Copy(inputs[0], file, overwrite: true);
        }

        string[] arguments = inputs.Length == 0 ? [.. CompilerOptions(form), _sourceFile, "-o", file]
            : form.Tool == "pahole" ? [.. form.Options, file]
            : [.. form.Options, .. inputs, "-o", file];
        if (CompilerTool.Run(form.Tool, arguments, out _) is { } problem)
        {
            throw new InvalidDataException(Shortened($"{form.Tool} fails: {problem}"));
        }

        _made.Add(form, file);
        return file;
    }

    private string[] CompilerOptions(StructForm form) => [.. form.Options, .. _hasMicrosoftExtensions ? (string[])["-fms-extensions"] : []];

    private static string Shortened(string text) => text.Length <= 2000 ? text : text[..2000] + "...";
}
