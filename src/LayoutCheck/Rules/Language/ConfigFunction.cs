namespace LayoutCheck.Rules.Language;

/// <summary><c>config(CONFIG_MEMCG)</c>: an option of the kernel's configuration.</summary>
internal sealed class ConfigCall(int position, RuleFunction function, string option) : CallNode(position, function)
{
    public string Option => option;

    public override string ToString() => $"{Function.Name}({option})";
}

/// <summary>config: whether an option is set, where the image carries the configuration.</summary>
internal sealed class ConfigFunction() : RuleFunction("config",
[
    new(
        "`config(CONFIG_MEMCG)`, `IS_ENABLED(CONFIG_MEMCG)`",
        "whether it is `y` or `m`; undecided when the image has no configuration, but for what the target tells (`CONFIG_64BIT`, `CONFIG_CPU_BIG_ENDIAN`; "
            + "with an ELF header the architecture: `CONFIG_X86_64`, `CONFIG_ARM64`)",
        "config(CONFIG_64BIT) && !config(CONFIG_CPU_BIG_ENDIAN) && (config(CONFIG_MEMCG) || true)"),
])
{
    public static ConfigFunction Config { get; } = new() { Aliases = ["IS_ENABLED"] };

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        string option = arguments.Tokens.Word("the name of a CONFIG option");
        arguments.Tokens.Expect(")");
        return new ConfigCall(position, this, option);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        string option = ((ConfigCall)call).Option;
        CheckedImage image = evaluation.Image;
        if (image.Config is null && ArchitectureOptions.IsSet(option, image.Machine, image.Target) is { } isSet)
        {
            evaluation.Note(new Observation(call.ToString(), option, ObservedFact.Config, null, isSet ? "y" : "n"));
            return Answer.Truth(isSet, isSet ? $"{option}=y (the target tells)" : $"{option} is not set (the target tells)");
        }

        if (image.Config is not { } config)
        {
            return Answer.Unknown($"the image does not tell whether {option} is set");
        }

        // An option that a configuration does not list is off.
        string value = config.GetValueOrDefault(option, "n");
        evaluation.Note(new Observation(call.ToString(), option, ObservedFact.Config, null, value));
        return Answer.Truth(value != "n", value == "n" ? $"{option} is not set" : $"{option}={value}");
    }
}
