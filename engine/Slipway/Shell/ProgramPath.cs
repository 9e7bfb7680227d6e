namespace Slipway;

/// <summary>Finds programs as execvp does, and this one.</summary>
internal static class ProgramPath
{
    /// <summary>Where a user's PATH may lack what the system's programs need.</summary>
    private static readonly string[] SystemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>A program of the system; null when it is not installed.</summary>
    public static string? Find(string name)
    {
        string[] folders = Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
        foreach (string folder in (string[])[.. folders, .. SystemFolders])
        {
            string path = Path.Combine(folder, name);
            if (folder.StartsWith('/') && IsExecutable(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>
    /// How to start this program anew: its file, or the runtime and its assembly.
    /// </summary>
    public static string[] OfThisProgram()
    {
        string path = Environment.ProcessPath ?? "/proc/self/exe";
        return Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? [path, Path.Combine(AppContext.BaseDirectory, "slipway.dll")] : [path];
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode Execute =
            UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (File.GetUnixFileMode(path) & Execute) != 0;
    }
}
