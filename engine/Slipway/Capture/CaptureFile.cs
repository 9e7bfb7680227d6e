using System.Buffers.Binary;

namespace Slipway;

/// <summary>
/// Writes pcapng as it comes, in whole blocks, so that a file that ends early can be read; and
/// counts what is in it.
/// </summary>
internal sealed class CaptureFile : IDisposable
{
    private const int LargestBlockBytes = 1 << 20;
    private const int SmallestBlockBytes = 12;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const int FirstStatisticsOption = 20;
    private const ushort OptionDropped = 5;

    private readonly Stream _output;
    private readonly string _name;
    private readonly byte[] _pending = new byte[2 * LargestBlockBytes];
    private int _pendingBytes;
    private long _writtenBytes;

    /// <param name="path">A file that is written anew; "-" is standard output.</param>
    /// <exception cref="HostRefusal">It cannot be opened.</exception>
    public CaptureFile(string path)
    {
        _name = path == "-" ? "standard output" : path;
        try
        {
            _output = path == "-" ? Console.OpenStandardOutput()
                : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostRefusal($"-w {path}: cannot be written ({e.Message}); name another file");
        }
    }

    /// <summary>Frames that are in the file.</summary>
    public long Frames { get; private set; }

    /// <summary>Frames that are not, since this reader was slow.</summary>
    public long Lost { get; private set; }

    /// <summary>Copies until the end.</summary>
    /// <returns>False when whoever reads standard output has gone.</returns>
    /// <exception cref="HostRefusal">The disk is full, or the like.</exception>
    public async Task<bool> CopyAsync(Stream capture)
    {
        while (true)
        {
            int read = await capture.ReadAsync(_pending.AsMemory(_pendingBytes));
            if (read == 0)
            {
                return true;
            }

            _pendingBytes += read;
            int whole = CountWholeBlocks();
            if (whole > 0 && !TryWrite(_pending.AsSpan(0, whole)))
            {
                return false;
            }

            _pending.AsSpan(whole, _pendingBytes - whole).CopyTo(_pending);
            _pendingBytes -= whole;
        }
    }

    public void Dispose() => _output.Dispose();

    private int CountWholeBlocks()
    {
        int whole = 0;
        while (_pendingBytes - whole >= SmallestBlockBytes)
        {
            ReadOnlySpan<byte> block = _pending.AsSpan(whole, _pendingBytes - whole);
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(block[4..]);
            if (bytes is < SmallestBlockBytes or > LargestBlockBytes)
            {
                throw new HostRefusal(
                    "the engine sends what is no capture; is it another version?");
            }

            if (bytes > block.Length)
            {
                break;
            }

            Count(block[..bytes]);
            whole += bytes;
        }

        return whole;
    }

    private void Count(ReadOnlySpan<byte> block)
    {
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(block);
        if (type == EnhancedPacket)
        {
            Frames++;
        }
        else if (type == InterfaceStatistics)
        {
            Lost += FindDropped(block[FirstStatisticsOption..^4]);
        }
    }

    private static long FindDropped(ReadOnlySpan<byte> options)
    {
        while (options.Length >= 12)
        {
            int padded = (BinaryPrimitives.ReadUInt16LittleEndian(options[2..]) + 3) & ~3;
            if (BinaryPrimitives.ReadUInt16LittleEndian(options) == OptionDropped)
            {
                return BinaryPrimitives.ReadInt64LittleEndian(options[4..]);
            }

            options = options[Math.Min(4 + padded, options.Length)..];
        }

        return 0;
    }

    private bool TryWrite(ReadOnlySpan<byte> blocks)
    {
        try
        {
            _output.Write(blocks);
            _writtenBytes += blocks.Length;
            return true;
        }
        catch (IOException) when (_output is not FileStream)
        {
            return false; // Wireshark was closed, or head(1) has seen enough
        }
        catch (IOException e)
        {
            throw new HostRefusal(
                $"-w {_name}: {e.Message}; what was written before can be read, and the engine "
                    + $"goes on{Cut()}");
        }
    }

    // The file ends with a whole block, if the disk lets it.
    private string Cut()
    {
        try
        {
            _output.SetLength(_writtenBytes);
            return "";
        }
        catch (IOException e)
        {
            return $" (its end could not be cut off: {e.Message})";
        }
    }
}
