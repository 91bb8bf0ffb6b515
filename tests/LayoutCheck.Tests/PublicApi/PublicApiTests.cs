using System.Reflection;
using System.Runtime.CompilerServices;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.PublicApi;

/// <summary>The public members of the library are those of PublicApi.txt: what others compile against changes on purpose alone.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Every record has these.
    private static readonly string[] s_ofRecords = ["Equals", "GetHashCode", "ToString", "Deconstruct", "<Clone>$", "op_Equality", "op_Inequality", "PrintMembers", "get_EqualityContract"];

    private static readonly string s_stored = Path.Combine(FixtureFile.Repository, "tests", "LayoutCheck.Tests", "PublicApi", "PublicApi.txt");

    [Fact]
    public void Public_members_are_the_stored_ones()
    {
        string actual = Describe(typeof(KernelImage).Assembly);
        string stored = File.ReadAllText(s_stored);
        if (actual == stored)
        {
            return;
        }

        File.WriteAllText(s_stored + ".actual", actual);
        HashSet<string> before = [.. stored.Split('\n')];
        HashSet<string> now = [.. actual.Split('\n')];
        string[] changes = [.. before.Except(now).Select(l => $"- {l}"), .. now.Except(before).Select(l => $"+ {l}")];
        Assert.Fail($"the public API is another one than {s_stored} has:\n{string.Join('\n', changes.Take(30))}\nif that is meant, move {s_stored}.actual over it, and say it in src/CHANGELOG.md; else make the members internal");
    }

    [Fact]
    public void No_public_interface_or_open_class_invites_to_be_implemented()
    {
        Type[] open = [.. typeof(KernelImage).Assembly.GetExportedTypes().Where(t => t.IsInterface || (t.IsClass && !t.IsSealed && t.GetConstructors(Declared).Any(c => (c.IsPublic || c.IsFamily) && c.GetParameters().Length == 0)))];
        Assert.Empty(open.Select(t => t.FullName));
    }

    [Fact]
    public void Members_of_every_kind_are_seen()
    {
        string text = Describe(typeof(KernelImage).Assembly);
        Assert.Contains("\n  LayoutCheck.KernelImage static Open(string path, LayoutCheck.ImageOptions options)\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  Unreadable = 3\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  string? Release { get; init; }\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  ImageOptions(LayoutCheck.SourceChoice Source = Auto,", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ITypeSource", text, StringComparison.Ordinal);
    }

    private static string Describe(Assembly assembly)
        => string.Concat(assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal)
            .Select(t => $"{KindOf(t)} {t.FullName}\n{string.Concat(MembersOf(t).Order(StringComparer.Ordinal).Select(m => $"  {m}\n"))}"));

    private static string KindOf(Type type)
        => type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "class" : "abstract class";

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}");
        }

        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(c => IsSeen(c) && !IsCopy(c, type)).Select(c => $"{type.Name}({Parameters(c)})");
        IEnumerable<string> fields = type.GetFields(Declared).Where(f => f.IsPublic).Select(f => $"{(f.IsLiteral ? "const " : f.IsStatic ? "static " : "")}{Name(f.FieldType)} {f.Name}");
        IEnumerable<string> properties = type.GetProperties(Declared).Where(p => p.GetMethod is { } get && IsSeen(get) && p.Name != "EqualityContract").Select(Property);
        IEnumerable<string> methods = type.GetMethods(Declared).Where(m => IsSeen(m) && !m.IsSpecialName && !s_ofRecords.Contains(m.Name)).Select(m => $"{Name(m.ReturnType)} {(m.IsStatic ? "static " : "")}{m.Name}({Parameters(m)})");
        return [.. constructors, .. fields, .. properties, .. methods];
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsCopy(ConstructorInfo constructor, Type type) => constructor.IsFamily && constructor.GetParameters() is [var one] && one.ParameterType == type;

    private static string Property(PropertyInfo property)
    {
        NullabilityInfo nullability = new NullabilityInfoContext().Create(property);
        string name = property.GetIndexParameters() is { Length: > 0 } indices ? $"this[{string.Join(", ", indices.Select(i => $"{Name(i.ParameterType)} {i.Name}"))}]" : property.Name;
        string set = property.SetMethod is not { } setter || !IsSeen(setter) ? "" : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        return $"{(property.GetMethod!.IsStatic ? "static " : "")}{Name(property.PropertyType)}{Mark(property.PropertyType, nullability)} {name} {{ get;{set} }}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : "")}{Name(p.ParameterType)}{Mark(p.ParameterType, new NullabilityInfoContext().Create(p))} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue switch { null => "default", string text => $"\"{text}\"", var value => Word(p.ParameterType, value) }}" : "")}"));

    // The value of an enumeration is a number in the metadata.
    private static string? Word(Type type, object value) => type.IsEnum ? Enum.GetName(type, value) : value.ToString();

    private static string Mark(Type type, NullabilityInfo nullability) => !type.IsValueType && nullability.ReadState == NullabilityState.Nullable ? "?" : "";

    private static string Name(Type type)
        => Nullable.GetUnderlyingType(type) is { } inner ? $"{Name(inner)}?"
            : type.IsByRef ? Name(type.GetElementType()!)
            : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
            : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Namespace is "System" && Word(type) is { } word ? word
            : type.Namespace?.StartsWith("LayoutCheck", StringComparison.Ordinal) == true ? type.FullName! : type.Name;

    private static string? Word(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => "string",
        TypeCode.Boolean => "bool",
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.UInt64 => "ulong",
        TypeCode.Double => "double",
        _ => type == typeof(void) ? "void" : null,
    };
}
