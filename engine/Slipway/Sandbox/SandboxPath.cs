using Slipway.Linux;

namespace Slipway;

/// <summary>What a confined process may do to a file, or to everything below a folder.</summary>
/// <param name="Path">Nothing is allowed where there is nothing.</param>
/// <param name="Access">More than the kernel knows is left out.</param>
internal readonly record struct SandboxPath(string Path, LandlockAccess Access)
{
    private const LandlockAccess Reading = LandlockAccess.ReadFile | LandlockAccess.ReadFolder;
    private const LandlockAccess Binding =
        LandlockAccess.MakeSocket | LandlockAccess.RemoveFile | LandlockAccess.ReadFolder;

    private const LandlockAccess Writing = Reading | LandlockAccess.WriteFile
        | LandlockAccess.Truncate | LandlockAccess.MakeFile | LandlockAccess.RemoveFile;

    public static SandboxPath ToRead(string path) => new(path, Reading);

    public static SandboxPath ToRun(string path) =>
        new(path, LandlockAccess.Execute | LandlockAccess.ReadFile);

    /// <summary>Unix sockets are made in it and removed.</summary>
    public static SandboxPath ToListen(string folder) => new(folder, Binding);

    /// <summary>Files are read, made, replaced and removed in it.</summary>
    public static SandboxPath ToWrite(string folder) => new(folder, Writing);

    /// <summary>What is a user's own wish: all that an engine may want of a path.</summary>
    public static SandboxPath ToUse(string path) => new(path, Writing | Binding);

    /// <summary>/dev/null and its kind.</summary>
    public static SandboxPath ToOpen(string device) =>
        new(device, LandlockAccess.ReadFile | LandlockAccess.WriteFile);
}
