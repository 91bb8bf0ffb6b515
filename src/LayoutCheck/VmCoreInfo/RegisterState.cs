namespace LayoutCheck.VmCoreInfo;

/// <summary>Why the content of a register is not known.</summary>
internal enum Doubt : byte
{
    /// <summary>It is known.</summary>
    None,

    /// <summary>Nothing that was decoded sets it.</summary>
    NotSet,

    /// <summary>It was loaded from memory.</summary>
    Loaded,

    /// <summary>It was computed, or a part of it changed.</summary>
    Changed,

    /// <summary>It was set before another call, which may change it.</summary>
    Called,

    /// <summary>Paths that meet here set it differently.</summary>
    Branched,
}

/// <summary>What a register holds.</summary>
/// <param name="Value">The constant.</param>
/// <param name="At">The address of the instruction that made it.</param>
/// <param name="Doubt">Why it is not known.</param>
internal readonly record struct RegisterValue(long Value, ulong At, Doubt Doubt)
{
    public static RegisterValue Unknown(Doubt doubt, ulong at) => new(0, at, doubt);

    /// <summary>The reason in a clause.</summary>
    public string Reason => Doubt switch
    {
        Doubt.Loaded => $"the value is loaded from memory at 0x{At:x}",
        Doubt.Changed => $"the value is computed at 0x{At:x}",
        Doubt.Called => $"the value is what a call left behind at 0x{At:x}",
        Doubt.Branched => $"the value depends on a branch to 0x{At:x}",
        _ => "no instruction before the call sets it in a way that is followed",
    };
}

/// <summary>What the general registers hold at one place of a function.</summary>
internal sealed class RegisterState
{
    private const int Count = 32;

    private readonly RegisterValue[] _values = new RegisterValue[Count];

    /// <summary>Nothing is known.</summary>
    public RegisterState() => Array.Fill(_values, RegisterValue.Unknown(Doubt.NotSet, 0));

    public RegisterValue this[int register]
    {
        get => _values[register];
        set => _values[register] = value;
    }

    public RegisterState Copy()
    {
        RegisterState copy = new();
        _values.CopyTo(copy._values, 0);
        return copy;
    }

    /// <summary>Keeps what holds on both of two ways to an address.</summary>
    public void Meet(RegisterState other, ulong address)
    {
        for (int i = 0; i < Count; i++)
        {
            RegisterValue mine = _values[i];
            RegisterValue theirs = other._values[i];
            bool isSame = mine.Doubt == Doubt.None && theirs.Doubt == Doubt.None && mine.Value == theirs.Value;
            _values[i] = isSame || mine.Doubt != Doubt.None ? mine : RegisterValue.Unknown(Doubt.Branched, address);
        }
    }

    /// <summary>Forgets registers.</summary>
    public void Forget(uint registers, Doubt doubt, ulong at)
    {
        for (int i = 0; i < Count; i++)
        {
            if ((registers >> i & 1) != 0)
            {
                _values[i] = RegisterValue.Unknown(doubt, at);
            }
        }
    }
}
