using LayoutCheck.Codecs;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>What a package is made of: an archive, the compression around it, and a list of its files where the package has one.</summary>
/// <param name="Contents">The bytes of the archive, possibly compressed.</param>
/// <param name="Codec">Their compression; or null.</param>
/// <param name="IsCpio">Whether the archive is cpio; else tar.</param>
/// <param name="List">The regular files; null if the package does not list them.</param>
internal sealed record Package(Section Contents, ICodec? Codec, bool IsCpio, PackageList? List);
