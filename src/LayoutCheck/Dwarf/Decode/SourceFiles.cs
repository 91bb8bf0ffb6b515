using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// The source files of a unit by the numbers of DW_AT_decl_file: the file table in the header of the unit's line number program (DWARF 5 §6.2.4, DWARF 4
/// §6.2.4). Paths are relative to the root of the source tree. No layout depends on them: an unreadable table is no error, and <see cref="Place"/> gives
/// the reason.
/// </summary>
internal sealed class SourceFiles
{
    private const ulong DW_LNCT_path = 1;
    private const ulong DW_LNCT_directory_index = 2;

    // A unit of a kernel has some hundred files.
    private const ulong MostFiles = 1 << 16;

    private readonly UnitHeader _unit;
    private readonly UnitRoot _root;
    private readonly List<string> _directories = [];
    // As in the table; most are never shown, and the shown ones are made relative on demand.
    private readonly List<(string Path, ulong Directory)?> _files = [];
    private readonly Dictionary<ulong, string> _shown = [];
    private readonly Dictionary<ulong, string> _full = [];
    private string _compilationDirectory = "";
    private string? _problem;

    private SourceFiles(in UnitHeader unit, in UnitRoot root)
    {
        _unit = unit;
        _root = root;
    }

    /// <summary>Reads the table of a unit; empty if it has none or the table cannot be read.</summary>
    public static SourceFiles Of(DwarfSections sections, in UnitHeader unit, in UnitRoot root)
    {
        SourceFiles files = new(unit, root);
        try
        {
            files._compilationDirectory = root.Text(root.CompilationDirectory);
            files._problem = root.LineOffset is not { } offset ? "its unit has no line table"
                : sections.Line is not { } line ? "there is no .debug_line section"
                : files.Read(line, offset) is { } problem ? $"the line table at .debug_line+0x{offset:x} {problem}"
                : null;
        }
        catch (InvalidImageException e)
        {
            files._problem = $"the line table is damaged: {e.Section}: {e.Problem}";
        }

        if (files._problem is not null)
        {
            files._files.Clear();
        }

        return files;
    }

    /// <summary>The place of a declaration; null if it is not recorded or not known.</summary>
    /// <param name="file">DW_AT_decl_file.</param>
    /// <param name="line">DW_AT_decl_line.</param>
    /// <param name="problem">Why the place is not known though the attributes record it, as a clause; else null.</param>
    public SourcePlace? Place(AttributeValue file, AttributeValue line, out string? problem)
    {
        problem = null;
        if (file.Class != ValueClass.Constant || line is not { Class: ValueClass.Constant, Value: > 0 })
        {
            return null;
        }

        if (file.Value < (ulong)_files.Count)
        {
            // Before DWARF 5 there is no file 0.
            return _files[(int)file.Value] is var (path, directory) ? new SourcePlace(Shown(file.Value, path, directory), line.Value) { FullPath = Full(file.Value, path, directory) } : null;
        }

        problem = _problem ?? $"the line table has {_files.Count} files, and file {file.Value} is named";
        return null;
    }

    // The problem of the table, as a clause that follows its name; null if there is none.
    private string? Read(Section line, ulong offset)
    {
        if (offset >= line.Length)
        {
            return $"would lie behind the end of its section, which has 0x{line.Length:x} bytes";
        }

        SectionReader reader = line.ReadFrom(offset);
        ulong length = InitialLength.Read(ref reader, out int offsetSize);
        if (length > reader.Remaining)
        {
            return "is cut short";
        }

        reader = line.ReadRange(reader.Offset, reader.Offset + length);
        ushort version = reader.ReadU16();
        if (version is < 2 or > 5)
        {
            return $"is of version {version}, which is not known";
        }

        if (version >= 5)
        {
            reader.Skip(2); // address_size, segment_selector_size
        }

        ulong headerLength = reader.ReadUnsigned(offsetSize);
        if (headerLength > reader.Remaining)
        {
            return "is cut short";
        }

        reader = line.ReadRange(reader.Offset, reader.Offset + headerLength);
        reader.Skip(version >= 4 ? 5u : 4u); // minimum_instruction_length to line_range
        byte opcodeBase = reader.ReadU8();
        reader.Skip(Math.Max(opcodeBase, (byte)1) - 1u);
        if (version >= 5)
        {
            foreach ((string path, _) in ReadEntries(ref reader, line, offsetSize))
            {
                _directories.Add(path);
            }

            foreach ((string path, ulong directory) in ReadEntries(ref reader, line, offsetSize))
            {
                _files.Add((path, directory));
            }

            return null;
        }

        // Before DWARF 5 the tables count from 1: directory 0 is that of the compilation, and there is no file 0.
        _directories.Add(_compilationDirectory);
        _files.Add(null);
        while (ReadText(ref reader) is { Length: > 0 } directory && (ulong)_directories.Count < MostFiles)
        {
            _directories.Add(directory);
        }

        while (ReadText(ref reader) is { Length: > 0 } path && (ulong)_files.Count < MostFiles)
        {
            ulong directory = reader.ReadUleb();
            reader.ReadUleb(); // time
            reader.ReadUleb(); // length
            _files.Add((path, directory));
        }

        return null;
    }

    private string Shown(ulong file, string path, ulong directory)
    {
        if (!_shown.TryGetValue(file, out string? shown))
        {
            shown = SourcePath.Of(path, DirectoryAt(directory), _compilationDirectory);
            _shown.Add(file, shown);
        }

        return shown;
    }

    private string Full(ulong file, string path, ulong directory)
    {
        if (!_full.TryGetValue(file, out string? full))
        {
            full = SourcePath.Full(path, DirectoryAt(directory), _compilationDirectory);
            _full.Add(file, full);
        }

        return full;
    }

    private string DirectoryAt(ulong directory) => directory < (ulong)_directories.Count ? _directories[(int)directory] : "";

    // A table that starts with a description of its columns (DWARF 5 §6.2.4.1).
    private List<(string Path, ulong Directory)> ReadEntries(ref SectionReader reader, Section line, int offsetSize)
    {
        (ulong Content, DwForm Form)[] columns = new (ulong, DwForm)[reader.ReadU8()];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = (reader.ReadUleb(), (DwForm)Math.Min(reader.ReadUleb(), ushort.MaxValue));
        }

        ulong count = reader.ReadUleb();
        if (count > MostFiles || (count > 0 && columns.Length == 0))
        {
            throw line.Invalid(reader.Offset, $"a table of {count} files");
        }

        // Forms have the sizes of this table's own 32-bit or 64-bit format.
        UnitHeader forms = _unit with { Is64Bit = offsetSize == 8 };
        List<(string, ulong)> entries = [];
        for (ulong i = 0; i < count; i++)
        {
            string path = "";
            ulong directory = 0;
            foreach ((ulong content, DwForm form) in columns)
            {
                switch (content)
                {
                    case DW_LNCT_path:
                        path = ReadPath(ref reader, form, forms, line);
                        break;
                    case DW_LNCT_directory_index:
                        directory = form switch
                        {
                            DwForm.DW_FORM_data1 => reader.ReadU8(),
                            DwForm.DW_FORM_data2 => reader.ReadU16(),
                            DwForm.DW_FORM_data4 => reader.ReadU32(),
                            DwForm.DW_FORM_udata => reader.ReadUleb(),
                            _ => throw line.Invalid(reader.Offset, $"a directory index in {form}"),
                        };
                        break;
                    default:
                        AttributeForms.Skip(ref reader, form, forms, line);
                        break;
                }
            }

            entries.Add((path, directory));
        }

        return entries;
    }

    private string ReadPath(ref SectionReader reader, DwForm form, in UnitHeader forms, Section line)
    {
        // Some producers write an index into .debug_str_offsets as a plain number.
        DwForm stringForm = form == DwForm.DW_FORM_udata ? DwForm.DW_FORM_strx : form;
        UnitStrings strings = _root.StringsIn(line);
        ulong at = reader.Offset;
        return strings.CanFind(stringForm) && StringForms.HomeOf(stringForm) != StringHome.Supplement
            ? Encoding.UTF8.GetString(strings.Bytes(stringForm, StringForms.ReadValue(ref reader, stringForm, forms), at))
            : throw line.Invalid(at, $"a path in {form}");
    }

    private static string ReadText(ref SectionReader reader) => Encoding.UTF8.GetString(reader.ReadString());
}
