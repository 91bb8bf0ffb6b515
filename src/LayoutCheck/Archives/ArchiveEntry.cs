namespace LayoutCheck.Archives;

/// <summary>The kind of an entry of an archive.</summary>
internal enum EntryKind
{
    /// <summary>A regular file with its contents.</summary>
    File,

    /// <summary>Another name for a path; never followed.</summary>
    SymbolicLink,

    /// <summary>Another name for an entry of the archive, without contents; never followed.</summary>
    HardLink,

    /// <summary>A directory, a device, a FIFO, a sparse file: <see cref="ArchiveEntry.Target"/> has the word for it.</summary>
    Other,
}

/// <summary>An entry of an archive. Its name is compared and shown, never used as a path.</summary>
/// <param name="Name">The name as the archive has it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ByteSize">The size of its contents, as the archive claims.</param>
/// <param name="Target">What a link leads to, or the word for another kind; empty if the archive does not tell.</param>
internal readonly record struct ArchiveEntry(string Name, EntryKind Kind, ulong ByteSize, string Target = "")
{
    /// <summary>What it is, for a message: <c>a symbolic link to X</c>.</summary>
    public string Describe() => Kind switch
    {
        EntryKind.File => "a regular file",
        EntryKind.SymbolicLink => $"a symbolic link to {Target}",
        EntryKind.HardLink when Target.Length == 0 => "a hard link to another name",
        EntryKind.HardLink => $"a hard link to {Target}",
        _ => Target,
    };
}

/// <summary>The entries of an archive, from front to back.</summary>
internal interface IArchiveEntries
{
    /// <summary>The next entry; null at the end. Contents of the one before that were not read are passed.</summary>
    /// <exception cref="Core.InvalidImageException">The archive is damaged, or ends before its end.</exception>
    ArchiveEntry? Next();

    /// <summary>Reads the next bytes of the entry's contents; 0 at their end.</summary>
    /// <exception cref="Core.InvalidImageException">The archive is damaged, or ends before its end.</exception>
    int Read(Span<byte> to);
}
