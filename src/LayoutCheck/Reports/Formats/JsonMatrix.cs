using System.Text.Json;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="MatrixReport"/> as JSON. Names of columns and files are values, never keys.</summary>
/// <param name="json">The writer, within the object of the report.</param>
internal readonly struct JsonMatrix(Utf8JsonWriter json)
{
    /// <summary>Writes the fields of the report.</summary>
    public void Write(MatrixReport report)
    {
        json.WriteNumber("exit_code", (int)report.ExitCode);
        json.WriteStartArray("columns");
        foreach (MatrixColumn column in report.Columns)
        {
            Write(column);
        }

        json.WriteEndArray();
        json.WriteStartArray("images");
        foreach (MatrixRow row in report.Images)
        {
            Write(report, row);
        }

        json.WriteEndArray();
        json.WriteStartObject("run");
        json.WriteString("version", RunInfo.LibraryVersion);
        json.WriteEndObject();
    }

    private void Write(MatrixColumn column)
    {
        json.WriteStartObject();
        json.WriteString("column", column.Text);
        json.WriteString("kind", column.Kind);
        json.WriteString("type", column.Rule is null ? column.Type.ToString() : null);
        json.WriteStartArray("members");
        foreach (string member in column.Members)
        {
            json.WriteStringValue(member);
        }

        json.WriteEndArray();
        json.WriteString("rule", column.Rule?.Id);
        json.WriteEndObject();
    }

    private void Write(MatrixReport report, MatrixRow row)
    {
        json.WriteStartObject();
        json.WriteString("path", row.Path);
        json.WriteString("release", row.Release);
        json.WriteString("machine", row.Machine);
        WriteNumber("bits", row.Bits);
        json.WriteString("build_id", row.BuildId);
        json.WriteString("error", row.Problem);
        json.WriteStartArray("cells");
        foreach ((MatrixColumn column, MatrixCell cell) in report.Columns.Zip(row.Cells))
        {
            json.WriteStartObject();
            json.WriteString("column", column.Text);
            json.WriteString("member", cell.Member);
            WriteNumber("value", cell.Value);
            WriteNumber("bits", (long?)cell.Bits);
            json.WriteString("text", cell.Type ?? (cell.Outcome is { } outcome ? OutcomeNames.Of(outcome) : null));
            json.WriteString("state", cell.State switch
            {
                CellState.Told => "told",
                CellState.Absent => "absent",
                CellState.NoType => "no_type",
                _ => "unknown",
            });
            json.WriteString("note", cell.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteNumber(string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
