using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The process beside the engine: takes questions from its socket until the engine closes that, on
/// the thread that serves, and answers from others. One writer at a time, each answer one packet.
/// </summary>
public abstract class ResolverService : IDisposable
{
    private readonly Lock _writing = new();
    private readonly int _channel;

    private protected ResolverService(int channel) => _channel = channel;

    /// <summary>Serves a role until the engine has closed its end.</summary>
    /// <param name="role">The work.</param>
    /// <param name="channel">One end of a pair of SOCK_SEQPACKET sockets.</param>
    /// <param name="onStuck">
    /// Called when no work can be done here any more, and another process has to do it.
    /// </param>
    /// <returns>False: the engine has sent what makes no sense.</returns>
    public static bool Serve(ResolverRole role, int channel, Action onStuck)
    {
        using ResolverService service = role == ResolverRole.Names
            ? new NameService(channel, onStuck) : new ScriptService(channel);
        return service.Serve();
    }

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool isDisposing)
    {
    }

    /// <summary>Takes a question; must not wait.</summary>
    /// <returns>False: it makes no sense here.</returns>
    private protected abstract bool TryTake(in ResolverMessage message);

    private protected void Send(byte[] message)
    {
        lock (_writing)
        {
            // An engine that has gone is noticed where it is read from.
            _ = PacketChannel.Send(_channel, message);
        }
    }

    private bool Serve()
    {
        byte[] buffer = new byte[ResolverMessage.MaxLengthBytes];
        while (PacketChannel.Receive(_channel, buffer) is > 0 and int length)
        {
            if (length > buffer.Length
                || ResolverMessage.TryParse(buffer.AsSpan(0, length), out ResolverMessage message)
                    != ParseError.None
                || !TryTake(message))
            {
                return false;
            }
        }

        return true;
    }
}
