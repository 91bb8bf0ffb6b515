using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Looks at one unit.</summary>
/// <returns>Whether the walk is to end.</returns>
internal delegate bool UnitVisitor(in CUnit unit);

/// <summary>
/// The one walk over units for questions about C types: the first definition, all definitions, the names, the types within functions. It opens each unit,
/// determines its <see cref="UnitRole"/>, and replaces a skeleton by its split unit. The visitor decides about the roles. One walk serves one thread.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="scanners">The scanners of the thread; the caller disposes them.</param>
internal sealed class CUnitWalk(DwarfImage image, UnitScanners scanners)
{
    /// <summary>Whether skeletons are replaced by their split units; else they are skipped.</summary>
    public bool FollowsSkeletons { get; init; } = true;

    /// <summary>Whether a skeleton was met.</summary>
    public bool HasSkeletons { get; private set; }

    /// <summary>Visits the units of the image in order, those of the indexes [from, to), and then nothing else.</summary>
    /// <returns>Whether the visitor ended the walk.</returns>
    /// <exception cref="InvalidImageException">A unit cannot be read.</exception>
    public bool VisitImage(UnitVisitor visitor, int from = 0, int to = int.MaxValue)
    {
        for (int i = from; i < to && image.Sections.Units.At(i, scanners.ForImage.Window) is { } unit; i++)
        {
            if (Visit(i, image.Sections, unit, visitor))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Visits the type units of the package.</summary>
    /// <returns>Whether the visitor ended the walk.</returns>
    /// <exception cref="InvalidImageException">A unit cannot be read.</exception>
    public bool VisitPackagedTypeUnits(UnitVisitor visitor)
    {
        for (int i = 0; image.PackagedTypeUnit(i) is var (package, unit); i++)
        {
            if (Visit(image.Sections.Units.Count + i, package, unit, visitor))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Visits one unit, or the split units that replace it.</summary>
    /// <param name="index">The index of the unit in the image.</param>
    /// <param name="file">Its file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="visitor">The visitor.</param>
    /// <returns>Whether the visitor ended the walk.</returns>
    /// <exception cref="InvalidImageException">The unit cannot be read.</exception>
    public bool Visit(int index, DwarfSections file, in UnitHeader header, UnitVisitor visitor)
    {
        DieScanner scanner = scanners.Of(file);
        UnitRoot root = scanner.Open(header);
        UnitRole role = CUnit.RoleOf(root, isInSupplement: file == image.Supplement);
        return role switch
        {
            UnitRole.None => false,
            UnitRole.Skeleton => VisitSplit(index, file, header, root, visitor),
            _ => visitor(new CUnit(index, file, header, root, role, scanner, null)),
        };
    }

    // The split unit, and the type units that are read with it.
    private bool VisitSplit(int index, DwarfSections file, in UnitHeader skeleton, in UnitRoot root, UnitVisitor visitor)
    {
        HasSkeletons = true;
        if (!FollowsSkeletons)
        {
            return false;
        }

        using SplitUnit split = image.OpenSplit(file, skeleton, root);
        bool isEnded = false;
        foreach (UnitHeader header in split.Units)
        {
            DieScanner scanner = scanners.Of(split.File);
            UnitRoot splitRoot = scanner.Open(header);
            UnitRole role = CUnit.RoleOf(splitRoot, isInSupplement: false);
            isEnded = role != UnitRole.None && visitor(new CUnit(index, split.File, header, splitRoot, role, scanner, split));
            if (isEnded)
            {
                break;
            }
        }

        if (!split.File.IsKept)
        {
            scanners.Forget(split.File);
        }

        return isEnded;
    }
}
