namespace Slipway.Linux;

/// <summary>
/// A lock on a folder, held while something in it is looked at and then changed: of several
/// programs that find the same stale socket one replaces it, and the others see that.
/// </summary>
/// <remarks>
/// Only programs that ask for it heed it. Where the folder cannot be opened, or another program
/// holds its lock for long, there is none: nobody is to wait for a stranger.
/// </remarks>
internal readonly struct FolderLock : IDisposable
{
    private const int Attempts = 200;
    private const int PauseMilliseconds = 10;
    private const int DirectoryOnly = 0x10000; // O_DIRECTORY

    private readonly int _descriptor;

    private FolderLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Takes the lock of the folder that a path is in.</summary>
    public static FolderLock Of(string path)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        int descriptor = folder is null ? -1
            : Files.Open(folder, Files.ReadOnly | DirectoryOnly | Files.CloseOnExec);
        for (int i = 0; descriptor >= 0 && i < Attempts; i++)
        {
            if (Files.TryLock(descriptor) != -Errno.EAGAIN)
            {
                break;
            }

            Thread.Sleep(PauseMilliseconds);
        }

        return new FolderLock(descriptor);
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            Files.Close(_descriptor);
        }
    }
}
