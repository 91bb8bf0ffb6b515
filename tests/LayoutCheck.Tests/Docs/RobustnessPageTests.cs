using System.Text.RegularExpressions;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>Every promise of src/docs/robustness.md names the tests behind it, and they exist.</summary>
public sealed partial class RobustnessPageTests
{
    [Fact]
    public void Names_tests_behind_each_promise()
    {
        string section = DocPage.Of("src/docs/robustness.md").Section("Promises");
        string[] promises = section[section.IndexOf("\n- ", StringComparison.Ordinal)..section.IndexOf("\n\n`tests/promises", StringComparison.Ordinal)].Split("\n- ", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(promises.Length >= 10);
        string script = File.ReadAllText(Path.Combine(FixtureFile.Repository, "tests/real-kernels/run"));
        HashSet<string> classes = [.. typeof(RobustnessPageTests).Assembly.GetTypes().Select(t => t.Name)];
        foreach (string promise in promises)
        {
            string[] tests = [.. NamedTest().Matches(promise).Select(m => m.Groups[1].Value)];
            Assert.NotEmpty(tests);
            Assert.All(tests, test => Assert.True(classes.Contains(test) || script.Contains($"\n{test}() {{", StringComparison.Ordinal), $"robustness.md names {test}, which is not there"));
        }
    }

    [GeneratedRegex("`(\\w+Tests|try_\\w+)`")]
    private static partial Regex NamedTest();
}
