using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>Collects the first bytes of a guest, up to a bound.</summary>
internal sealed class GuestReader(Socket socket, int mostBytes)
{
    private byte[] _bytes = new byte[Math.Min(2_048, mostBytes)];

    public int LengthBytes { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, LengthBytes);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, LengthBytes);

    /// <summary>No more is taken.</summary>
    public bool IsFull => LengthBytes == mostBytes;

    /// <summary>Waits for more. False at the end of the stream, or when it is full.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken stop)
    {
        if (IsFull)
        {
            return false;
        }

        if (LengthBytes == _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Min(_bytes.Length * 4, mostBytes));
        }

        int read = await socket.ReceiveAsync(_bytes.AsMemory(LengthBytes), stop)
            .ConfigureAwait(false);
        LengthBytes += read;
        return read > 0;
    }

    /// <summary>Waits until so many bytes are there; false at the end of the stream.</summary>
    public async ValueTask<bool> ReadToAsync(int lengthBytes, CancellationToken stop)
    {
        while (LengthBytes < lengthBytes)
        {
            if (!await ReadAsync(stop).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }
}
