using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>
/// What the library exports; include/slipway.h explains each, and a test compares the two.
/// </summary>
/// <remarks>
/// No exception leaves an export: what is thrown beneath becomes a status and a message. What is
/// called for each frame throws nothing unless it is called wrongly.
/// </remarks>
internal static unsafe partial class Exports
{
    private const uint AbiVersion = 1;

    private static readonly byte* s_version = Constant(
        typeof(Exports).Assembly.GetName().Version?.ToString(3) ?? "0.0.0");

    private static readonly byte* s_systemCalls = Constant(SystemCalls.Names);

    private static readonly string[] s_features =
    [
        "vring", "ring", "frames", "vhost-user", "tap", "stream", "dgram", "ipv6", "dns", "dhcp",
        "publish", "capture", "services", "proxy",
    ];

    [UnmanagedCallersOnly(EntryPoint = "slipway_abi_version")]
    public static uint GetAbiVersion() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "slipway_version")]
    public static byte* GetVersion() => s_version;

    [UnmanagedCallersOnly(EntryPoint = "slipway_has_feature")]
    public static int HasFeature(byte* name)
    {
        int isKnown = 0;
        int status = Call(() =>
            isKnown = Array.IndexOf(s_features, Argument.Text(name, "name")) >= 0 ? 1 : 0);
        return status == (int)Status.Ok ? isKnown : status;
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_status_name")]
    public static byte* GetStatusName(int status) => StatusNames.Of(status);

    [UnmanagedCallersOnly(EntryPoint = "slipway_last_error")]
    public static byte* GetLastError() => LastError.Text;

    [UnmanagedCallersOnly(EntryPoint = "slipway_syscalls")]
    public static byte* GetSystemCalls() => s_systemCalls;

    /// <summary>Text that lives as long as the process.</summary>
    internal static byte* Constant(string text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);

    /// <summary>
    /// What an export does, whose exceptions become a status and a message. Not for what is called
    /// with frames: it allocates.
    /// </summary>
    private static int Call(Action body)
    {
        try
        {
            body();
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    private static void Check(bool isTrue, Status status, string message)
    {
        if (!isTrue)
        {
            AbiException.Throw(status, message);
        }
    }

    private static void Check(
        bool isTrue, Status status,
        [InterpolatedStringHandlerArgument(nameof(isTrue))] ref CheckMessage message)
    {
        if (!isTrue)
        {
            AbiException.Throw(status, message.Take());
        }
    }
}
