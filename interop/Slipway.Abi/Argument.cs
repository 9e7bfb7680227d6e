using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>Reads what a C program passes, and writes what it wants back.</summary>
internal static unsafe class Argument
{
    // A larger one is no struct of any version, but memory that is none.
    private const uint MostStructBytes = 4096;
    private const int MostTextBytes = 1 << 20;

    /// <summary>A pointer that is there and aligned for its type.</summary>
    public static T* Pointer<T>(T* pointer, string name)
        where T : unmanaged
    {
        if (pointer is null)
        {
            AbiException.Throw(Status.InvalidArgument, $"{name} is NULL");
        }

        nuint alignment = (nuint)Math.Min(AlignmentOf<T>(), sizeof(ulong));
        if (((nuint)pointer & (alignment - 1)) != 0)
        {
            AbiException.Throw(
                Status.InvalidArgument, $"{name} is not aligned to {alignment} bytes");
        }

        return pointer;
    }

    /// <summary>A pointer that may be null, and is aligned if it is not.</summary>
    public static void Optional<T>(T* pointer, string name)
        where T : unmanaged
    {
        if (pointer is not null)
        {
            Pointer(pointer, name);
        }
    }

    /// <summary>A struct that begins with its size, of this version or another.</summary>
    public static T Struct<T>(T* pointer, string name)
        where T : unmanaged
    {
        byte* bytes = (byte*)Pointer(pointer, name);
        uint size = CheckSize(bytes, name);
        T value = default;
        Unsafe.CopyBlock(&value, bytes, Math.Min(size, (uint)sizeof(T)));
        for (uint i = (uint)sizeof(T); i < size; i++)
        {
            if (bytes[i] != 0)
            {
                AbiException.Throw(
                    Status.StructSize,
                    $"{name} has {size} bytes, of which this library knows {sizeof(T)}: the one "
                        + $"at offset {i} must be 0");
            }
        }

        return value;
    }

    /// <summary>Writes such a struct, as much of it as the caller knows.</summary>
    public static void Write<T>(T* pointer, string name, T value)
        where T : unmanaged
    {
        byte* bytes = (byte*)Pointer(pointer, name);
        uint size = CheckSize(bytes, name);
        *(uint*)&value = size;
        Unsafe.InitBlock(bytes, 0, size);
        Unsafe.CopyBlock(bytes, &value, Math.Min(size, (uint)sizeof(T)));
    }

    /// <summary>Text that must be there.</summary>
    public static string Text(byte* pointer, string name)
    {
        if (pointer is null)
        {
            AbiException.Throw(Status.InvalidArgument, $"{name} is NULL");
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(pointer);
        if (bytes.Length > MostTextBytes)
        {
            AbiException.Throw(
                Status.InvalidArgument, $"{name} has more than {MostTextBytes} bytes");
        }

        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Text, or null.</summary>
    public static string? OptionalText(byte* pointer, string name) =>
        pointer is null ? null : Text(pointer, name);

    private static uint CheckSize(byte* bytes, string name)
    {
        uint size = *(uint*)bytes;
        if (size is < sizeof(uint) or > MostStructBytes)
        {
            AbiException.Throw(
                Status.StructSize,
                $"{name} says that it has {size} bytes; set its size to sizeof");
        }

        return size;
    }

    private static int AlignmentOf<T>()
        where T : unmanaged => sizeof(Aligned<T>) - sizeof(T);

    [StructLayout(LayoutKind.Sequential)]
    private struct Aligned<T>
        where T : unmanaged
    {
        public byte Before;
        public T Value;
    }
}
