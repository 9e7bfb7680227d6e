using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>Arrays of C strings with a null at their end, as argv is.</summary>
internal static unsafe class NativeStrings
{
    /// <summary>Copies the strings as UTF-8; free with <see cref="Free"/>.</summary>
    public static byte** Allocate(ReadOnlySpan<string> strings)
    {
        byte** array = (byte**)NativeMemory.AllocZeroed((nuint)strings.Length + 1,
            (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Length; i++)
        {
            array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        return array;
    }

    public static void Free(byte** array)
    {
        for (byte** one = array; *one is not null; one++)
        {
            Marshal.FreeCoTaskMem((nint)(*one));
        }

        NativeMemory.Free(array);
    }
}
