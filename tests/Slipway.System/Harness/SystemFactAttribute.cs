using System.Runtime.InteropServices;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A test on real kernels: needs root, to make namespaces. It runs against Slipway, or, when
/// SLIPWAY_ENGINE is `kernel`, against Linux in Slipway's place: the control. A test that the
/// control fails is a wrong test.
/// </summary>
public sealed class SystemFactAttribute : FactAttribute
{
    internal static string? Reason { get; } =
        GetEffectiveUserId() == 0 ? null : "needs root, to make network namespaces";

    public override string? Skip
    {
        get => base.Skip ?? Reason;
        set => base.Skip = value;
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUserId();
}
