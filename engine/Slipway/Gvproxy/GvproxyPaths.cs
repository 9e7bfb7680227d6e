namespace Slipway;

/// <summary>The files that gvproxy's flags name, for the sandbox.</summary>
internal static class GvproxyPaths
{
    public static IReadOnlyList<SandboxPath> Of(GvproxyOptions options)
    {
        List<SandboxPath> paths = [];
        List<string?> sockets = [.. options.Listen, options.Services];
        foreach (SshForwardSettings forward in options.Forwards)
        {
            sockets.Add(forward.Socket);
            paths.Add(SandboxPath.ToRead(forward.Identity));
        }

        string?[] files = [options.PidFile, options.LogFile, options.CaptureFile];
        foreach (string? folder in sockets.Select(Folder))
        {
            paths.AddRange(folder is null ? [] : [SandboxPath.ToListen(folder)]);
        }

        foreach (string? folder in files.Select(Folder))
        {
            paths.AddRange(folder is null ? [] : [SandboxPath.ToWrite(folder)]);
        }

        // Who listens there is another program: a file is written to, if only a socket's.
        paths.AddRange(
            Folder(options.Notification) is string place ? [SandboxPath.ToListen(place)] : []);
        return paths;
    }

    private static string? Folder(string? path) =>
        path is null ? null : EnginePaths.FolderOf(path);
}
