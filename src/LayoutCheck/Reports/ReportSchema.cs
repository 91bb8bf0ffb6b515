namespace LayoutCheck.Reports;

/// <summary>The JSON Schema (2020-12) of all JSON that reports are written as: <c>layoutcheck-2.schema.json</c>.</summary>
public static class ReportSchema
{
    private const string Resource = "Reports/layoutcheck-2.schema.json";

    /// <summary>Writes the schema, in UTF-8.</summary>
    /// <param name="output">The stream; not closed.</param>
    public static void WriteTo(Stream output)
    {
        using Stream schema = typeof(ReportSchema).Assembly.GetManifestResourceStream(Resource)!;
        schema.CopyTo(output);
    }
}
