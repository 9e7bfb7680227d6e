using Slipway.Linux;

namespace Slipway.Links;

/// <summary>The file of a link's socket.</summary>
internal static class SocketPath
{
    /// <summary>Makes a socket of a type and binds it.</summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    internal static UnixSocketFile Bind(string path, int type, out int descriptor)
    {
        try
        {
            return UnixSocketFile.Bind(path, type, out descriptor);
        }
        catch (UnixSocketException e)
        {
            throw new LinkException(e.Message);
        }
    }

    internal static string Text(int errno) => UnixSocketFile.Text(errno);
}
