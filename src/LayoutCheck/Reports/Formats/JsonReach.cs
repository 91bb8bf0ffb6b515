using System.Text.Json;
using LayoutCheck.Compare;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="Reach"/> as JSON: all symbols without a prototype, and for each changed type those that reach it directly.</summary>
internal static class JsonReach
{
    /// <summary>Writes the object, or null when no symbols were named.</summary>
    public static void Write(Utf8JsonWriter json, Reach? reach)
    {
        if (reach is null)
        {
            json.WriteNull("reach");
            return;
        }

        json.WriteStartObject("reach");
        json.WriteNumber("symbols", reach.Asked);
        json.WriteNumber("with_prototype", reach.Answered);
        json.WriteNumber("without_prototype_of_modules", reach.OfModules);
        WriteTexts(json, "without_prototype", reach.Missing);
        WriteTexts(json, "unreadable", reach.Unread);
        WriteTexts(json, "only_in_new", reach.OnlyNew);
        json.WriteStartArray("types");
        foreach (ReachedType type in reach.Types.Values.OrderBy(t => t.Type.Name, StringComparer.Ordinal).ThenBy(t => t.Type.Kind))
        {
            json.WriteStartObject();
            json.WriteString("type", type.Type.ToString());
            json.WriteNumber("symbols", type.Count);
            json.WriteStartArray("by_distance");
            foreach (int count in type.ByDistance)
            {
                json.WriteNumberValue(count);
            }

            json.WriteEndArray();
            WriteTexts(json, "direct", type.Direct);
            json.WriteString("example", type.Example);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
