using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// The source files of a unit, by the numbers that DW_AT_decl_file has: the file table in the header of the unit's line number program
/// (DWARF 5 §6.2.4, DWARF 4 §6.2.4). Paths are told from the root of the source tree. A layout does not depend on any of it, so that a table
/// that cannot be read leaves the places unknown and is no error; who asks for a place is told why there is none.
/// </summary>
internal sealed class SourceFiles
{
    private const ulong DW_LNCT_path = 1;
    private const ulong DW_LNCT_directory_index = 2;

    // A unit of a kernel has some hundreds.
    private const ulong MostFiles = 1 << 16;

    private readonly DwarfSections _sections;
    private readonly UnitHeader _unit;
    private readonly UnitRoot _root;
    private readonly List<string> _directories = [];
    // As the table says it; told from the root of the source tree only when asked for, which most are not.
    private readonly List<(string Path, ulong Directory)?> _files = [];
    private readonly Dictionary<ulong, string> _told = [];
    private string _compilationDirectory = "";
    private string? _problem;

    private SourceFiles(DwarfSections sections, in UnitHeader unit, in UnitRoot root)
    {
        _sections = sections;
        _unit = unit;
        _root = root;
    }

    /// <summary>Reads the table that a unit names; empty when there is none or it cannot be read.</summary>
    public static SourceFiles Of(DwarfSections sections, in UnitHeader unit, in UnitRoot root)
    {
        SourceFiles files = new(sections, unit, root);
        try
        {
            files._compilationDirectory = root.Text(sections, root.CompilationDirectory);
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

    /// <summary>Where something is declared, or null when that is not told.</summary>
    /// <param name="file">Its DW_AT_decl_file.</param>
    /// <param name="line">Its DW_AT_decl_line.</param>
    /// <param name="problem">Why it is not told though the attributes say it, in a clause; else null.</param>
    public SourcePlace? Place(AttributeValue file, AttributeValue line, out string? problem)
    {
        problem = null;
        if (file.Class != ValueClass.Constant || line is not { Class: ValueClass.Constant, Value: > 0 })
        {
            return null;
        }

        if (file.Value < (ulong)_files.Count)
        {
            // Before DWARF 5 file 0 is none.
            return _files[(int)file.Value] is var (path, directory) ? new SourcePlace(Told(file.Value, path, directory), line.Value) : null;
        }

        problem = _problem ?? $"the line table has {_files.Count} files, and file {file.Value} is named";
        return null;
    }

    // What is wrong, in a clause that follows the table's name; null when it was read.
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

        // Before DWARF 5 the tables count from 1: directory 0 is that of the compilation, file 0 is none.
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

    private string Told(ulong file, string path, ulong directory)
    {
        if (!_told.TryGetValue(file, out string? told))
        {
            told = SourcePath.Of(path, directory < (ulong)_directories.Count ? _directories[(int)directory] : "", _compilationDirectory);
            _told.Add(file, told);
        }

        return told;
    }

    // A table that says itself what its columns are (DWARF 5 §6.2.4.1).
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

        // The forms are read as in .debug_info, with the sizes of this table's own format.
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
                        path = ReadPath(ref reader, form, offsetSize, line);
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

    private string ReadPath(ref SectionReader reader, DwForm form, int offsetSize, Section line)
    {
        switch (form)
        {
            case DwForm.DW_FORM_string:
                return ReadText(ref reader);
            case DwForm.DW_FORM_line_strp:
                return _sections.Require(_sections.LineStr, ".debug_line_str").TextAt(reader.ReadUnsigned(offsetSize));
            case DwForm.DW_FORM_strp:
                return _sections.Require(_sections.Str, ".debug_str").TextAt(reader.ReadUnsigned(offsetSize));
            case DwForm.DW_FORM_strx or DwForm.DW_FORM_strx1 or DwForm.DW_FORM_strx2 or DwForm.DW_FORM_strx3 or DwForm.DW_FORM_strx4 or DwForm.DW_FORM_udata when _root.StrOffsetsBase != UnitRoot.NoBase:
                ulong index = form switch
                {
                    DwForm.DW_FORM_strx1 => reader.ReadU8(),
                    DwForm.DW_FORM_strx2 => reader.ReadU16(),
                    DwForm.DW_FORM_strx3 => reader.ReadU24(),
                    DwForm.DW_FORM_strx4 => reader.ReadU32(),
                    _ => reader.ReadUleb(),
                };
                return _sections.Require(_sections.Str, ".debug_str").TextAt(_sections.StringOffset(index, _root.StrOffsetsBase, _unit.OffsetSize));
            default:
                throw line.Invalid(reader.Offset, $"a path in {form}");
        }
    }

    private static string ReadText(ref SectionReader reader) => System.Text.Encoding.UTF8.GetString(reader.ReadString());
}
