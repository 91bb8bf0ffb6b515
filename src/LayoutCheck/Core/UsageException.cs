namespace LayoutCheck.Core;

/// <summary>The question is wrong, whatever the image: a type that cannot be spelled so, a rule that does not exist.</summary>
public sealed class UsageException(string message) : Exception(message);
