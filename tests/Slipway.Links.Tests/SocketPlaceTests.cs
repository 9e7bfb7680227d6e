using System.Net.Sockets;
using Slipway.Linux;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>A listener whose socket file another program removes or replaces.</summary>
public sealed class SocketPlaceTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_RemovedOrRenamed_IsMadeAnewAndGuestsThatWereThereStay(bool isRenamed)
    {
        using StreamLink link = _bench.Stream("s");
        using Socket old = _bench.Connect("s", SocketType.Stream);
        _bench.Until(() => _bench.Opened.Count == 1, "a guest is there");
        for (int i = 0; i < 3; i++)
        {
            if (isRenamed)
            {
                File.Move(_bench.Path("s"), _bench.Path($"old{i}"));
            }
            else
            {
                File.Delete(_bench.Path("s"));
            }

            _bench.Until(() => File.Exists(_bench.Path("s")), "the file is back");
            using Socket guest = _bench.Connect("s", SocketType.Stream);
            _bench.Until(() => _bench.Opened.Count == 2 + i, "another guest is there");
            guest.Send(Framed(Frame(i)));
            _bench.Until(() => _bench.Frames.Count > 0, "its frame is there");
            _bench.Frames.Clear();
        }

        Assert.Equal(3, _bench.Reports.Count(
            text => text.Contains("made anew", StringComparison.Ordinal)));
        Assert.True(TrySend(_bench.Opened[0], Frame(9)));
        link.Flush(default);
        Assert.Equal(Framed(Frame(9)), ReadExactly(old, Framed(Frame(9)).Length));
    }

    [Fact]
    public void File_ReplacedByAnotherProgram_IsItsUntilItGoes()
    {
        using StreamLink link = _bench.Stream("s");
        File.Delete(_bench.Path("s"));
        UnixSocketFile other = UnixSocketFile.Bind(
            _bench.Path("s"), Sockets.Stream, out int descriptor);
        _bench.Until(() => _bench.Reports.Count == 1, "it is said");
        Assert.Contains("no guest finds it", _bench.Reports[0], StringComparison.Ordinal);
        Assert.True(other.IsThere);

        other.Remove();
        Files.Close(descriptor);
        _bench.Until(() => File.Exists(_bench.Path("s")), "the file is back");
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        _bench.Until(() => _bench.Opened.Count == 1, "a guest is there");
        Assert.Equal(2, _bench.Reports.Count);
    }

    [Fact]
    public void File_OfALinkThatEnds_IsRemovedOnlyIfItIsItsOwn()
    {
        StreamLink link = _bench.Stream("s");
        File.Delete(_bench.Path("s"));
        _bench.Until(() => File.Exists(_bench.Path("s")), "the file is back");
        link.Dispose();
        Assert.False(File.Exists(_bench.Path("s")));
    }
}
