using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Bpf;

/// <summary>The types of a kernel for CO-RE.</summary>
internal static class BpfKernels
{
    /// <summary>
    /// The types of a source. BTF is looked at record by record, as libbpf does: kinds that the type graph folds into one, and the ids, count there. DWARF has its types by the
    /// graph.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="names">The names without flavours that candidates are asked for.</param>
    /// <param name="all">Tells all structs and unions of the source.</param>
    /// <param name="pool">The worker threads.</param>
    public static IBpfKernel Of(ITypeSource source, IReadOnlySet<string> names, Func<IReadOnlyList<TypeName>> all, WorkerPool pool)
        => source is BtfTypeReader btf ? new BtfBpfTypes(btf.Index, () => source.Target.WordByteSize, names) : new GraphBpfTypes(source, names, all(), pool);

    /// <summary>The byte order of a source: BTF tells its own.</summary>
    /// <exception cref="InvalidImageException">The source does not tell.</exception>
    public static bool IsBigEndian(ITypeSource source) => source is BtfTypeReader btf ? btf.Index.Section.IsBigEndian : source.Target.IsBigEndian;
}
