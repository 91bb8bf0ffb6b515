using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>
/// Takes one member out of an archive that is read once, from front to back. Where a list tells the names ahead, reading ends behind the member; else all is
/// read, and each member on which the choice falls meanwhile goes to a spool, in place of the one before.
/// </summary>
/// <param name="package">The package.</param>
/// <param name="entries">The entries of its archive.</param>
/// <param name="request">What is asked for.</param>
internal sealed class MemberSearch(MappedFile package, IArchiveEntries entries, ArchiveRequest request) : IDisposable
{
    // A kernel's source has 90,000 files.
    private const int MostFiles = 500_000;
    private const int MostCharacters = 32 << 20;
    private const int MostCandidates = 1000;
    private const int LongestTarget = 200;
    private const int ChunkSize = 256 << 10;

    private readonly byte[] _chunk = new byte[ChunkSize];

    // What has been read of an archive without a list: the paths of regular files, the candidates among them, and what else has a candidate's name.
    private readonly List<string> _files = [];
    private readonly List<string> _candidates = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);
    private readonly List<ArchiveEntry> _others = [];
    private long _characters;
    private Spool? _spool;
    private string _spooled = "";

    /// <summary>Finds the member, as a file of the name <c>package!member</c>.</summary>
    /// <param name="list">The files that the package says it has; or null.</param>
    /// <exception cref="InvalidImageException">It is not there, cannot be told from others, is no regular file, or is damaged.</exception>
    public MappedFile Run(PackageList? list)
    {
        if (list is not null)
        {
            MemberChoice listed = KernelMember.Choose(list.Paths, request.Member);
            if (listed.Path is { } path)
            {
                TakeListed(KernelMember.Plain(path), list);
                return ToFile();
            }

            // Several remain several. A list without an answer may be one that lacks links, or files.
            if (list.Paths.Any(p => KernelMember.IsCandidate(p, request.Member) && (request.Member is not null || KernelMember.IsVmlinux(p))))
            {
                throw Refusal(listed);
            }
        }

        while (entries.Next() is { } entry)
        {
            Note(entry, list);
        }

        MemberChoice choice = KernelMember.Choose(_files, request.Member);
        if (choice.Path is null)
        {
            throw Refusal(choice);
        }

        if (_repeated.Contains(KernelMember.Plain(choice.Path)))
        {
            throw Repeated(choice.Path);
        }

        return ToFile();
    }

    /// <inheritdoc/>
    public void Dispose() => _spool?.Dispose();

    private static string Shown(string name) => Printable.Escape(Printable.Shorten(KernelMember.Plain(name)));

    private MappedFile ToFile()
    {
        Spool spool = _spool!;
        if (spool.Length == 0)
        {
            throw new InvalidImageException(package.Path, Shown(_spooled), null, "has no bytes", "choose another file with --member PATH");
        }

        _spool = null;
        return spool.ToFile(NameOf(_spooled), package.Inputs);
    }

    private string NameOf(string member) => $"{package.Path}!{KernelMember.Plain(member)}";

    private void TakeListed(string path, PackageList list)
    {
        bool isFound = false;
        while (entries.Next() is { } entry)
        {
            if (KernelMember.Plain(entry.Name) != path)
            {
                continue;
            }

            if (entry.Kind != EntryKind.File)
            {
                throw Link(entry);
            }

            if (isFound)
            {
                throw Repeated(path);
            }

            Take(entry, list.SumOf(path));
            isFound = true;
            if (list.SumOf(path) is not null)
            {
                return;
            }
        }

        // Without a sum of the member, that of the stream at its end has to tell that it is whole.
        if (isFound)
        {
            return;
        }

        throw new InvalidImageException(
            package.Path, Shown(path), null, $"is listed ({list.Name}), and the package does not have it", "fetch or build it again");
    }

    // An entry of an archive without a list.
    private void Note(ArchiveEntry entry, PackageList? list)
    {
        bool isCandidate = KernelMember.IsCandidate(entry.Name, request.Member);
        if (isCandidate && !_seen.Add(KernelMember.Plain(entry.Name)))
        {
            _ = _repeated.Add(KernelMember.Plain(entry.Name));
        }

        if (entry.Kind != EntryKind.File)
        {
            if (isCandidate)
            {
                Count(entry.Name.Length + entry.Target.Length);
                _others.Add(entry);
            }

            return;
        }

        Count(entry.Name.Length);
        _files.Add(entry.Name);
        if (!isCandidate)
        {
            return;
        }

        _candidates.Add(entry.Name);
        if (_candidates.Count > MostCandidates)
        {
            throw new InvalidImageException(package.Path, null, null, $"has more than {MostCandidates} files that may be meant", KernelMember.Remedy);
        }

        if (KernelMember.Choose(_candidates, request.Member).Path == entry.Name)
        {
            Take(entry, list?.SumOf(KernelMember.Plain(entry.Name)));
        }
    }

    private void Count(int characters)
    {
        _characters += characters;
        if (_files.Count + _others.Count >= MostFiles || _characters > MostCharacters)
        {
            throw new InvalidImageException(
                package.Path,
                null,
                null,
                $"has more than {_files.Count + _others.Count} files, or longer names than a kernel's package has",
                "unpack it and name the file in it");
        }
    }

    private void Take(ArchiveEntry entry, ContentSum? sum)
    {
        _spool?.Dispose();
        _spooled = entry.Name;
        if (entry.ByteSize > request.Limits.MaxSize)
        {
            throw new InvalidImageException(
                package.Path,
                Shown(entry.Name),
                null,
                $"has 0x{entry.ByteSize:x} bytes, more than the 0x{request.Limits.MaxSize:x} that it may",
                "allow more (--max-size SIZE), or unpack the package");
        }

        _spool = Spool.Create(NameOf(entry.Name), request.Limits);
        BlockHash? computed = sum?.NewHash();
        for (int count; (count = entries.Read(_chunk)) > 0;)
        {
            _spool.Write(_chunk.AsSpan(0, count));
            computed?.Append(_chunk.AsSpan(0, count));
        }

        if (computed is not null && Convert.ToHexStringLower(computed.Finish()) is var found && found != sum!.Value.Hexadecimal)
        {
            throw new InvalidImageException(
                package.Path,
                Shown(entry.Name),
                null,
                $"is damaged: its {sum.Value.Algorithm} is {found}, and the package says {sum.Value.Hexadecimal}",
                "fetch or build the package again");
        }
    }

    private InvalidImageException Repeated(string name) => new(
        package.Path, Shown(name), null, "is in the package more than once, and nothing tells which one counts", "unpack it and name the file");

    private InvalidImageException Link(ArchiveEntry entry) => new(
        package.Path,
        Shown(entry.Name),
        null,
        $"is {Printable.Escape(Printable.Shorten(entry.Describe(), LongestTarget))}, not a regular file" + (entry.Kind == EntryKind.Other ? "" : ", and links are not followed"),
        entry.Target.Length > 0 && entry.Kind != EntryKind.Other ? "name what it leads to (--member PATH)" : KernelMember.Remedy);

    private InvalidImageException Refusal(MemberChoice choice)
    {
        bool isNone = !_files.Exists(f => KernelMember.IsCandidate(f, request.Member));
        return isNone && _others.Count > 0 ? Link(_others[0]) : new InvalidImageException(package.Path, null, null, choice.Problem!, KernelMember.Remedy);
    }
}
