using System.Globalization;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>Where an engine's control socket is when nobody names a place.</summary>
/// <param name="Path">The socket's file.</param>
/// <param name="IsDefault">Nobody named it: when it is in use another one is taken.</param>
public sealed record ControlPath(string Path, bool IsDefault)
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where this process would listen, and clients look first.</summary>
    public static ControlPath Default =>
        new(System.IO.Path.Combine(Folder(), "control.sock"), IsDefault: true);

    /// <summary>Where the token of a TCP port is when nobody names a place.</summary>
    public static string DefaultTokenFile => System.IO.Path.Combine(Folder(), "control.token");

    /// <summary>The place that a configuration names, or the default one.</summary>
    public static ControlPath Of(ControlSpecification specification) =>
        specification.Path is string path ? new ControlPath(path, IsDefault: false) : Default;

    /// <summary>This process's own place beside the default one.</summary>
    public ControlPath OfProcess(int processId) => this with
    {
        Path = System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(Path)!,
            string.Create(CultureInfo.InvariantCulture, $"control-{processId}.sock")),
    };

    /// <summary>The sockets beside the default one: this user's further engines.</summary>
    public static IReadOnlyList<string> OfFurtherEngines() => Directory.Exists(Folder())
        ? [.. Directory.GetFiles(Folder(), "control-*.sock").Where(IsOfALivingProcess)] : [];

    /// <summary>Makes the folder of a default path, for this user alone.</summary>
    /// <exception cref="UnixSocketException">It belongs to somebody else, or cannot be
    /// made.</exception>
    public void MakeFolder()
    {
        string folder = System.IO.Path.GetDirectoryName(Path)!;
        try
        {
            if (IsDefault && !Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnixSocketException(
                $"the folder {folder} cannot be made ({e.Message}); name a socket with --control");
        }

        // Under /tmp anybody may have made it before.
        if (IsDefault && !FileIdentity.IsOwnFolder(folder))
        {
            throw new UnixSocketException(
                $"the folder {folder} is not this user's alone; name a socket with --control");
        }
    }

    private static bool IsOfALivingProcess(string path)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        return Directory.Exists($"/proc/{name[(name.LastIndexOf('-') + 1)..]}");
    }

    private static string Folder()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return !string.IsNullOrEmpty(runtime) ? System.IO.Path.Combine(runtime, "slipway")
            : CurrentProcess.EffectiveUserId == 0 ? "/run/slipway"
            : string.Create(
                CultureInfo.InvariantCulture, $"/tmp/slipway-{CurrentProcess.EffectiveUserId}");
    }
}
