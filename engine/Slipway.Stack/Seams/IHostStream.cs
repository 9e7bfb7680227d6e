using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// A byte stream at the host: a TCP connection, or a socket pair to one of the engine's services.
/// Never blocks. What has arrived stays in the host's receive queue until it is discarded, so the
/// queue is the guest's retransmission queue (DESIGN section 4). Closed once; no call after that.
/// </summary>
public interface IHostStream
{
    /// <summary>This side's address, where there is one.</summary>
    IpEndpoint LocalEndpoint { get; }

    /// <summary>
    /// The peer's as the host knows it; the default endpoint where there is none.
    /// </summary>
    IpEndpoint RemoteEndpoint => default;

    /// <summary>How a pending connect ended: None, InProgress, or the error.</summary>
    HostError FinishConnect();

    /// <summary>
    /// Copies bytes from the receive queue without consuming them, beginning
    /// <paramref name="offsetBytes"/> after the last byte discarded. At most
    /// <c>destination.Length</c> bytes; WouldBlock if none have arrived there yet, EndOfStream if
    /// none will.
    /// </summary>
    HostIo Peek(long offsetBytes, Span<byte> destination);

    /// <summary>
    /// Consumes bytes that were peeked before, from the head of the receive queue.
    /// </summary>
    HostError Discard(long lengthBytes);

    /// <summary>Gives bytes to the host; may take fewer than all.</summary>
    HostIo Send(ReadOnlySpan<byte> payload);

    /// <summary>The same with bytes in pieces: in one call where the host can.</summary>
    HostIo Send(GatheredText text)
    {
        int sent = 0;
        for (int i = 0; i < text.Count; i++)
        {
            ReadOnlySpan<byte> piece = text.Piece(i);
            HostIo io = Send(piece);
            sent += io.LengthBytes;
            if (io.LengthBytes < piece.Length)
            {
                return sent > 0 ? HostIo.Moved(sent) : io;
            }
        }

        return HostIo.Moved(sent);
    }

    /// <summary>Sends FIN after what was sent (shutdown of the write side).</summary>
    HostError ShutdownSend();

    /// <summary>Closes. With <paramref name="reset"/> the peer sees RST (linger 0).</summary>
    void Close(bool reset);
}
