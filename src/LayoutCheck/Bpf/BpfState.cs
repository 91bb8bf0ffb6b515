namespace LayoutCheck.Bpf;

/// <summary>What is known of the registers and the stack of a program at one instruction: numbers that they certainly have. Mutable; copied at jumps.</summary>
internal sealed class BpfState
{
    /// <summary>The register that points to the end of the stack.</summary>
    public const int FramePointer = 10;

    private const int RegisterCount = 11;

    // A frame has 512 bytes.
    private const int MostSlots = 64;

    private readonly long?[] _registers = new long?[RegisterCount];
    private readonly Dictionary<short, long> _stack = [];

    /// <summary>A register's value; null where it is not known.</summary>
    public long? this[int register]
    {
        get => register < RegisterCount ? _registers[register] : null;
        set
        {
            if (register < FramePointer)
            {
                _registers[register] = value;
            }
        }
    }

    /// <summary>A copy.</summary>
    public BpfState Clone()
    {
        BpfState copy = new();
        _registers.CopyTo(copy._registers, 0);
        foreach ((short slot, long value) in _stack)
        {
            copy._stack.Add(slot, value);
        }

        return copy;
    }

    /// <summary>Keeps what holds in another state too; whether anything was lost.</summary>
    public bool Join(BpfState other)
    {
        bool isChanged = false;
        for (int i = 0; i < RegisterCount; i++)
        {
            if (_registers[i] is not null && _registers[i] != other._registers[i])
            {
                _registers[i] = null;
                isChanged = true;
            }
        }

        foreach (short slot in _stack.Keys.ToArray())
        {
            if (!other._stack.TryGetValue(slot, out long value) || value != _stack[slot])
            {
                _ = _stack.Remove(slot);
                isChanged = true;
            }
        }

        return isChanged;
    }

    /// <summary>The eight bytes of the stack at an offset from its end, where they are known.</summary>
    public long? Load(short offset) => _stack.TryGetValue(offset, out long value) ? value : null;

    /// <summary>Stores to the stack; what lay on these bytes is lost.</summary>
    public void Store(short offset, uint size, long? value)
    {
        for (int slot = offset - 7; slot < offset + (int)size; slot++)
        {
            _ = _stack.Remove((short)slot);
        }

        if (size == 8 && value is { } known && _stack.Count < MostSlots)
        {
            _stack[offset] = known;
        }
    }

    /// <summary>Forgets the stack: something wrote to memory that may be it.</summary>
    public void ForgetStack() => _stack.Clear();

    /// <summary>Forgets what a called function may change: the registers 0 to 5, and the stack by pointers to it.</summary>
    public void Call()
    {
        for (int i = 0; i <= 5; i++)
        {
            _registers[i] = null;
        }

        _stack.Clear();
    }
}
