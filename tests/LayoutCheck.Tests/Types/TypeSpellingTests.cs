using LayoutCheck.Btf;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>Declarations are spelled as C writes them; gdb's ptype spells them so, but for a space after the star.</summary>
public sealed class TypeSpellingTests
{
    private readonly TypeGraphBuilder _graph = new();

    private TypeId Int => _graph.Add(new BaseType("int", 4, BaseEncoding.Signed));

    private TypeId Char => _graph.Add(new BaseType("char", 1, BaseEncoding.SignedChar));

    private TypeId Pointer(TypeId target) => _graph.Add(new PointerType(target, 8));

    private TypeId Const(TypeId target) => _graph.Add(new QualifiedType(Qualifier.Const, target));

    private TypeId Volatile(TypeId target) => _graph.Add(new QualifiedType(Qualifier.Volatile, target));

    private TypeId Restrict(TypeId target) => _graph.Add(new QualifiedType(Qualifier.Restrict, target));

    private TypeId Atomic(TypeId target) => _graph.Add(new QualifiedType(Qualifier.Atomic, target));

    private TypeId Array(TypeId element, ulong? count = null) => _graph.Add(new ArrayType(element, count));

    private TypeId Typedef(string name, TypeId target) => _graph.Add(new TypedefType(name, target));

    private TypeId Function(TypeId returned, bool isVariadic, params TypeId[] parameters) => _graph.Add(new FunctionType(returned, [.. parameters], isVariadic));

    private TypeId Function(params TypeId[] parameters) => Function(TypeId.Void, false, parameters);

    private void AssertSpelled(string declaration, TypeId type, string bare)
    {
        TypeGraph graph = _graph.Build();
        Assert.Equal((declaration, bare), (graph.Declare(type, "x"), graph.Declare(type)));
    }

    [Fact]
    public void An_array_of_const_elements_is_const_once()
    {
        AssertSpelled("const char x[48]", Const(Array(Const(Char), 48)), "const char[48]");
        AssertSpelled("const char x[]", Const(Array(Const(Char))), "const char[]");
        AssertSpelled("const int x[2][3]", Const(Array(Array(Const(Int), 3), 2)), "const int[2][3]");
        AssertSpelled("const char x[4]", Const(Array(Char, 4)), "const char[4]");
        AssertSpelled("const volatile char x[7]", Volatile(Const(Array(Volatile(Char), 7))), "const volatile char[7]");
        AssertSpelled("int *const x[2]", Const(Array(Pointer(Int), 2)), "int *const[2]");
        AssertSpelled("char x[0]", Array(Char, 0), "char[0]");
    }

    [Fact]
    public void Qualifiers_are_where_C_has_them_each_once_and_in_one_order()
    {
        AssertSpelled("const char *x", Pointer(Const(Char)), "const char *");
        AssertSpelled("char *const x", Const(Pointer(Char)), "char *const");
        AssertSpelled("const char *const x", Const(Pointer(Const(Char))), "const char *const");
        AssertSpelled("const volatile int x", Volatile(Const(Int)), "const volatile int");
        AssertSpelled("const volatile int x", Const(Volatile(Const(Int))), "const volatile int");
        AssertSpelled("char *restrict x", Restrict(Pointer(Char)), "char *restrict");
        AssertSpelled("const int *const volatile restrict x", Restrict(Volatile(Const(Pointer(Const(Int))))), "const int *const volatile restrict");
        AssertSpelled("_Atomic int x", Atomic(Int), "_Atomic int");
        AssertSpelled("int *_Atomic x", Atomic(Pointer(Int)), "int *_Atomic");
        AssertSpelled("int *volatile *const x", Const(Pointer(Volatile(Pointer(Int)))), "int *volatile *const");
        AssertSpelled("const void *x", Pointer(Const(TypeId.Void)), "const void *");
    }

    [Fact]
    public void Typedefs_keep_their_names_and_are_qualified_before_them()
    {
        AssertSpelled("const arr_t x", Const(Typedef("arr_t", Array(Int, 3))), "const arr_t");
        AssertSpelled("const ip x", Const(Typedef("ip", Pointer(Int))), "const ip");
        AssertSpelled("volatile cint x", Volatile(Typedef("cint", Const(Int))), "volatile cint");
        AssertSpelled("const arr_t *x", Pointer(Const(Typedef("arr_t", Array(Int, 3)))), "const arr_t *");
        AssertSpelled("fn *x[2]", Array(Pointer(Typedef("fn", Function(Int))), 2), "fn *[2]");
    }

    [Fact]
    public void Pointers_arrays_and_functions_nest()
    {
        AssertSpelled("int (*x)[3]", Pointer(Array(Int, 3)), "int (*)[3]");
        AssertSpelled("const int (*x)[4]", Pointer(Const(Array(Const(Int), 4))), "const int (*)[4]");
        AssertSpelled("int *x[3]", Array(Pointer(Int), 3), "int *[3]");
        AssertSpelled("int (*x[3])(int, ...)", Array(Pointer(Function(Int, true, Int)), 3), "int (*[3])(int, ...)");
        AssertSpelled("void (*x)(void)", Pointer(Function()), "void (*)(void)");
        AssertSpelled("int (*const x)(void)", Const(Pointer(Function(Int, false))), "int (*const)(void)");
        AssertSpelled("const char *(*x)(const char *, int)", Pointer(Function(Pointer(Const(Char)), false, Pointer(Const(Char)), Int)), "const char *(*)(const char *, int)");
        AssertSpelled("int (*(*x)(void))(int)", Pointer(Function(Pointer(Function(Int, false, Int)), false)), "int (*(*)(void))(int)");
        AssertSpelled("int (*x[2][3])(void)", Array(Array(Pointer(Function(Int, false)), 3), 2), "int (*[2][3])(void)");
        AssertSpelled("int (**x)(int)", Pointer(Pointer(Function(Int, false, Int))), "int (**)(int)");
        AssertSpelled("void (*x)(int (*)[2], void (*)(void))", Pointer(Function(Pointer(Array(Int, 2)), Pointer(Function()))), "void (*)(int (*)[2], void (*)(void))");
        AssertSpelled("void (*x)(int)", Pointer(Volatile(Function(Int))), "void (*)(int)");
    }

    [Fact]
    public void Tags_come_with_their_keyword()
    {
        AssertSpelled("const struct q *x", Pointer(Const(_graph.Add(new AggregateReference(AggregateKind.Struct, "q")))), "const struct q *");
        AssertSpelled("union {...} x[2]", Array(_graph.Add(new AggregateType(AggregateKind.Union, null, 4, null, [])), 2), "union {...}[2]");
        AssertSpelled("const enum e x", Const(_graph.Add(new EnumType("e", 4, false))), "const enum e");
    }

    [Fact]
    public void A_typedef_that_lost_its_name_is_what_it_stands_for()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("typedef"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type("empty"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.Mark("typedef");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Type("int"));
        unit.Mark("empty");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name(""), At.Type("inner"));
        unit.StructOf("inner", "int");
        unit.Int();
        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal(["int a", "struct inner b"], definition.Aggregate.Members.Select(m => definition.Graph.Declare(m.Type, m.Name!)));
    }

    [Fact]
    public void A_typedef_without_a_name_in_BTF_is_what_it_stands_for()
    {
        BtfBuilder btf = new();
        uint number = btf.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        btf.AddWord(0);
        btf.AddWord(BtfFormat.BTF_KIND_TYPEDEF << 24);
        btf.AddWord(number);
        _ = btf.Struct("s", 4, ("a", number + 1, 0));
        TypeDefinition definition = btf.Reader().FindFirst(TypeName.Parse("struct s"))!;

        Assert.Equal("int a", definition.Graph.Declare(definition.Aggregate.Members[0].Type, "a"));
    }
}
