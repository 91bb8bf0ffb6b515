using System.Text.Json;

namespace LayoutCheck.Tests.Reports;

/// <summary>The fields that a schema declares, and those of them that reports have: pointers of properties below the schema's definitions.</summary>
internal sealed class SchemaWalk
{
    private readonly JsonElement _schema;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _declared = new(StringComparer.Ordinal);

    /// <param name="schema">The schema.</param>
    public SchemaWalk(JsonElement schema)
    {
        _schema = schema;
        foreach (JsonProperty definition in schema.GetProperty("$defs").EnumerateObject())
        {
            Declare(definition.Value, definition.Name);
        }
    }

    /// <summary>All that are declared.</summary>
    public IReadOnlySet<string> Declared => _declared;

    /// <summary>Those that a report had.</summary>
    public IReadOnlySet<string> Seen => _seen;

    /// <summary>Takes a valid report.</summary>
    public void Take(JsonElement report)
    {
        foreach (JsonElement branch in _schema.GetProperty("allOf").EnumerateArray())
        {
            if (Applies(branch.GetProperty("if"), report))
            {
                Take(branch.GetProperty("then"), "", report);
            }
        }
    }

    // The conditions of the schema: constants of properties, and properties that are there.
    private static bool Applies(JsonElement condition, JsonElement report)
        => (!condition.TryGetProperty("required", out JsonElement required) || required.EnumerateArray().All(name => report.TryGetProperty(name.GetString()!, out _)))
            && (!condition.TryGetProperty("not", out JsonElement not) || !Applies(not, report))
            && (!condition.TryGetProperty("anyOf", out JsonElement choices) || choices.EnumerateArray().Any(choice => Applies(choice, report)))
            && (!condition.TryGetProperty("properties", out JsonElement properties) || properties.EnumerateObject().All(p
                => !report.TryGetProperty(p.Name, out JsonElement value) || (p.Value.TryGetProperty("const", out JsonElement constant) && JsonElement.DeepEquals(value, constant))));

    private void Take(JsonElement schema, string pointer, JsonElement value)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            string name = reference.GetString()!["#/$defs/".Length..];
            Take(_schema.GetProperty("$defs").GetProperty(name), name, value);
        }

        if (schema.TryGetProperty("anyOf", out JsonElement choices))
        {
            foreach ((int index, JsonElement choice) in choices.EnumerateArray().Index())
            {
                Take(choice, $"{pointer}/{index}", value);
            }
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out JsonElement items))
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Take(items, pointer, item);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                if (properties.TryGetProperty(property.Name, out JsonElement inner))
                {
                    _seen.Add($"{pointer}/{property.Name}");
                    Take(inner, $"{pointer}/{property.Name}", property.Value);
                }
            }
        }
    }

    private void Declare(JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("anyOf", out JsonElement choices))
        {
            foreach ((int index, JsonElement choice) in choices.EnumerateArray().Index())
            {
                Declare(choice, $"{pointer}/{index}");
            }
        }

        if (schema.TryGetProperty("items", out JsonElement items))
        {
            Declare(items, pointer);
        }

        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                _declared.Add($"{pointer}/{property.Name}");
                Declare(property.Value, $"{pointer}/{property.Name}");
            }
        }
    }
}
