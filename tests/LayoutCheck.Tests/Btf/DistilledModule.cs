using LayoutCheck.Btf;

namespace LayoutCheck.Tests.Btf;

/// <summary>A module with a distilled base (.BTF.base), and the kernel that it is fitted to: made here, for the pahole of these machines writes none.</summary>
internal static class DistilledModule
{
    public static byte[] Kernel(bool isBigEndian, uint pageSize)
    {
        BtfBuilder kernel = new(isBigEndian);
        uint word = kernel.Int("long unsigned int", 8);
        _ = kernel.Int("something else", 4);
        _ = kernel.Struct("folio", 8, ("flags", word, 0));
        _ = kernel.Struct("page", pageSize, ("flags", word, 0), ("compound_head", word, 64));
        return kernel.Build();
    }

    public static (byte[] Split, byte[] Distilled) Make(bool isBigEndian)
    {
        BtfBuilder distilled = new(isBigEndian);
        uint number = distilled.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        uint page = distilled.Struct("page", 16);
        uint folio = distilled.Add(BtfFormat.BTF_KIND_FWD, "folio", 0);
        uint unknown = distilled.Add(BtfFormat.BTF_KIND_FWD, "hidden", 0);
        uint state = distilled.Add(BtfFormat.BTF_KIND_ENUM, "state", 4);

        BtfBuilder split = new(isBigEndian, distilled.Count, distilled.StringsLength);
        uint toFolio = split.Pointer(folio);
        uint table = split.Array(toFolio, 2);
        uint prototype = split.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, number, 1, details: [split.StringOffset("page"), page]);
        _ = split.Struct(
            "driver", 64, ("state", state, 0), ("spare", page, 64), ("first", toFolio, 192), ("table", table, 256), ("run", split.Pointer(prototype), 384), ("hidden", split.Pointer(unknown), 448));
        return (split.Build(), distilled.Build());
    }
}
