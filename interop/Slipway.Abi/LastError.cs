using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Links;

namespace Slipway.Abi;

/// <summary>
/// What a thread's last call that failed has to say, as C reads it. It lives as long as the thread.
/// </summary>
internal sealed unsafe class LastError
{
    private const int CapacityBytes = 1024;

    [ThreadStatic]
    private static LastError? t_own;

    private readonly byte* _text = (byte*)NativeMemory.AllocZeroed(CapacityBytes);

    ~LastError() => NativeMemory.Free(_text);

    /// <summary>This thread's; "" if nothing has failed.</summary>
    public static byte* Text => (t_own ??= new LastError())._text;

    /// <summary>Keeps a message, and passes the status on.</summary>
    public static int Set(Status status, string message)
    {
        Span<byte> text = new(Text, CapacityBytes);
        System.Text.Unicode.Utf8.FromUtf16(message, text[..^1], out _, out int written);
        text[written] = 0;
        return (int)status;
    }

    /// <summary>What an exception of a call means.</summary>
    public static int Set(Exception error) => error switch
    {
        AbiException own => Set(own.Status, own.Message),
        ConfigurationException { IsInUse: true } taken => Set(Status.InUse, taken.Message),
        ConfigurationException { InnerException: LinkException } broken =>
            Set(Status.Link, broken.Message),
        ConfigurationException wrong => Set(Status.Config, wrong.Message),
        LinkException broken => Set(Status.Link, broken.Message),
        ObjectDisposedException => Set(Status.BadHandle, "the engine has been destroyed"),
        IOException or OutOfMemoryException => Set(Status.NoResources, error.Message),
        _ => Set(
            Status.Internal, $"{error.GetType().Name}: {error.Message}; please report it"),
    };
}
