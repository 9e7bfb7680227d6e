using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Says that guests are served: to the descriptor of --ready-fd ("1", then closed), to systemd
/// (sd_notify(3)), and the caller adds a line on standard error.
/// </summary>
internal sealed class ReadySignal : IDisposable
{
    private readonly FileStream? _descriptor;

    /// <exception cref="ConfigurationException">The descriptor is not open for writing.</exception>
    public ReadySignal(EngineConfiguration configuration)
    {
        if (configuration.ReadyDescriptor is not int descriptor)
        {
            return;
        }

        _descriptor = CurrentProcess.CanWrite(descriptor)
            ? new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, 0)
            : throw new ConfigurationException(
                "--ready-fd", descriptor.ToString(CultureInfo.InvariantCulture),
                "is not open for writing; open it in the caller, such as `--ready-fd 3 3>ready`");

        // Whoever waits for its end is not to wait for that of a program started meanwhile.
        CurrentProcess.SetInherited(descriptor, inherited: false);
    }

    /// <summary>Tells whoever waits; one that waits no more is no reason to stop.</summary>
    public void Tell(IEngineLog log)
    {
        try
        {
            _descriptor?.Write("1"u8);
        }
        catch (IOException e)
        {
            log.Write(LogLevel.Warning, $"--ready-fd: nobody reads it ({e.Message})");
        }

        _descriptor?.Dispose();
        Notify("READY=1\nSTATUS=Serving guests", log);
    }

    /// <summary>Sends a state to the service manager, if one asked for it.</summary>
    public static void Notify(string state, IEngineLog log)
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        try
        {
            // '@' stands for the zero byte that begins a name in the abstract namespace (unix(7)).
            string name = path[0] == '@' ? "\0" + path[1..] : path;
            using Socket socket = new(
                AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(name));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            log.Write(
                LogLevel.Warning, $"NOTIFY_SOCKET {path}: cannot be told {state} ({e.Message})");
        }
    }

    public void Dispose() => _descriptor?.Dispose();
}
