using System.ComponentModel;

namespace Slipway.Linux;

/// <summary>
/// The file of a bound Unix socket. Its owner alone may use it; one that a dead program left behind
/// is replaced, one that somebody listens on is not; and it is removed at the end, if it is still
/// the same file.
/// </summary>
public sealed partial class UnixSocketFile
{
    /// <summary>Read and write for the owner: who can connect is on the network.</summary>
    private const int OwnerOnly = 0x180; // 0600

    /// <summary>Until whoever has made it says how many clients may wait.</summary>
    private const int FirstBacklog = 128;

    private readonly string _path;
    private readonly FileIdentity _identity;

    private UnixSocketFile(string path, FileIdentity identity)
    {
        _path = path;
        _identity = identity;
    }

    /// <summary>
    /// Makes a socket of a type and binds it; one with connections listens already. Of several
    /// programs that do so at once, one succeeds.
    /// </summary>
    /// <exception cref="UnixSocketException">Says what failed and the remedy.</exception>
    public static UnixSocketFile Bind(string path, int type, out int descriptor)
    {
        Span<byte> bytes = stackalloc byte[UnixAddress.MaximumLengthBytes];
        ReadOnlySpan<byte> address = UnixAddress.Write(bytes, path);
        int socket = Create(type, path);
        using FolderLock folder = FolderLock.Of(path);
        try
        {
            FileIdentity identity = Bind(socket, path, address, type);
            descriptor = socket;
            return new UnixSocketFile(path, identity);
        }
        catch
        {
            Files.Close(socket);
            throw;
        }
    }

    /// <summary>Removes the file, unless another program has replaced it since.</summary>
    public void Remove()
    {
        if (FileIdentity.OfPath(_path, out FileIdentity found) == 0 && found == _identity)
        {
            _ = Files.Unlink(_path);
        }
    }

    public static string Text(int errno) => new Win32Exception(errno).Message;

    private static FileIdentity Bind(
        int socket, string path, ReadOnlySpan<byte> address, int type)
    {
        _ = Files.SetMode(socket, OwnerOnly);
        int result = Sockets.Bind(socket, address);
        if (result == -Errno.EADDRINUSE)
        {
            if (!RemoveStale(path, address, type, out int answer))
            {
                throw new UnixSocketException(InUse(path, answer)) { IsInUse = true };
            }

            result = Sockets.Bind(socket, address);
        }

        if (result == 0 && type != Sockets.Datagram)
        {
            // Before the lock ends: who finds a socket where nobody listens takes it for stale.
            _ = Sockets.Listen(socket, FirstBacklog);
        }

        return result == 0 && FileIdentity.OfPath(path, out FileIdentity identity) == 0
            ? identity : throw new UnixSocketException(Unbound(path, -result))
            {
                IsForbidden = result is -Errno.EACCES or -Errno.EPERM,
            };
    }

    private static int Create(int type, string path)
    {
        int socket = Sockets.Create(Sockets.FamilyUnix, type, 0);
        return socket >= 0 ? socket : throw new UnixSocketException(
            $"no socket can be made for {path} ({Text(-socket)})");
    }

    /// <summary>
    /// Removes a socket file that nobody listens on. Connecting tells: it is refused. It is refused
    /// for a file of another kind too (unix_find_bsd in the kernel), and that one is somebody's.
    /// </summary>
    private static bool RemoveStale(
        string path, ReadOnlySpan<byte> address, int type, out int answer)
    {
        int probe = Create(type, path);
        answer = -Sockets.Connect(probe, address);
        Files.Close(probe);
        if (answer == Errno.ENOENT)
        {
            return true; // it went away meanwhile
        }

        if (FileIdentity.OfPath(path, out FileIdentity found) == 0 && !found.IsSocket)
        {
            answer = Errno.EADDRINUSE;
        }

        return answer == Errno.ECONNREFUSED && Files.Unlink(path) == 0;
    }

    private static string InUse(string path, int answer) => answer switch
    {
        Errno.EADDRINUSE => $"{path} exists and is not a socket; choose another path",
        Errno.EACCES or Errno.ECONNREFUSED =>
            $"{path} exists and may not be replaced; remove it, or choose another path",
        _ => $"another program listens on {path}; stop it, or choose another path",
    };

    private static string Unbound(string path, int errno) => errno switch
    {
        Errno.ENOENT => $"the directory of {path} does not exist; make it first",
        Errno.EACCES or Errno.EPERM =>
            $"{path} may not be made; choose a directory that you may write to",
        _ => $"{path} cannot be made ({Text(errno)})",
    };
}
