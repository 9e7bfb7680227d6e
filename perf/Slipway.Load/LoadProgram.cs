namespace Slipway.Load;

/// <summary>This program, and the working copy that it was built from.</summary>
internal static class LoadProgram
{
    /// <summary>How it is started: by itself, or by dotnet.</summary>
    public static string[] CommandLine { get; } =
        Path.GetFileName(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]]
            : [Environment.ProcessPath!];

    /// <exception cref="LoadException">It was moved out of the working copy.</exception>
    public static string RepositoryRoot
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln")))
            {
                folder = Path.GetDirectoryName(folder);
            }

            return folder ?? throw new LoadException(
                "there is no Engine.sln above this program; name files by --slipway and --output");
        }
    }
}
