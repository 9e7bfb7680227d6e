using System.Net.Sockets;
using System.Runtime.Versioning;
using Slipway.Linux;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

[SupportedOSPlatform("linux")]
public sealed class SocketPathTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Dgram)]
    public void Path_SomebodyListensOn_IsRefusedAndLeftAlone(SocketType type)
    {
        using GuestLink first = Listen("p", type);
        LinkException refused = Assert.Throws<LinkException>(() => Listen("p", SocketType.Stream));
        Assert.Contains(_bench.Path("p"), refused.Message, StringComparison.Ordinal);
        Assert.Contains("choose another path", refused.Message, StringComparison.Ordinal);
        Assert.Throws<LinkException>(() => Listen("p", SocketType.Dgram));
        using Socket guest = _bench.Connect("p", type);
    }

    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Dgram)]
    public void Path_OfADeadProgram_IsTakenOver(SocketType type)
    {
        SocketPath.Bind(_bench.Path("p"), Sockets.Stream, out int descriptor);
        Files.Close(descriptor);
        Assert.True(File.Exists(_bench.Path("p")));
        using GuestLink link = Listen("p", type);
        using Socket guest = _bench.Connect("p", type);
    }

    // A child that another test starts has a copy of what is closed here until its execve.
    private static void AwaitNobody(string path, SocketType type)
    {
        while (true)
        {
            using Socket client = new(AddressFamily.Unix, type, ProtocolType.Unspecified);
            try
            {
                client.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                return;
            }

            Thread.Sleep(1);
        }
    }

    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Seqpacket)]
    public void Path_OfADeadProgram_TakenBySeveralAtOnce_IsOnesAlone(SocketType type)
    {
        const int rounds = 100;
        const int programs = 4;
        int kind = type == SocketType.Stream ? Sockets.Stream : Sockets.SequencedPacket;
        string path = _bench.Path("p");
        for (int round = 0; round < rounds; round++)
        {
            AwaitNobody(path, type);
            SocketPath.Bind(path, kind, out int dead);
            Files.Close(dead);
            AwaitNobody(path, type);
            int[] taken = new int[programs];
            string?[] refused = new string?[programs];
            using Barrier start = new(programs);
            Thread[] threads = [.. Enumerable.Range(0, programs).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    SocketPath.Bind(path, kind, out taken[i]);
                }
                catch (LinkException e)
                {
                    refused[i] = e.Message;
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());

            int winner = Assert.Single(Enumerable.Range(0, programs), i => taken[i] > 0);
            Assert.Equal(
                programs - 1, refused.Count(text => text?.Contains(
                    "another program listens on", StringComparison.Ordinal) == true));
            using (Socket client = new(AddressFamily.Unix, type, ProtocolType.Unspecified))
            {
                client.Connect(new UnixDomainSocketEndPoint(path));
            }

            Files.Close(taken[winner]);
        }
    }

    [Fact]
    public void Path_OfAnotherKindOfFile_IsRefusedAndKept()
    {
        File.WriteAllText(_bench.Path("p"), "precious");
        LinkException refused = Assert.Throws<LinkException>(() => Listen("p", SocketType.Stream));
        Assert.Contains("is not a socket", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_bench.Path("p")));
    }

    [Fact]
    public void Path_InNoDirectory_IsRefusedWithTheRemedy()
    {
        LinkException refused = Assert.Throws<LinkException>(
            () => Listen("none/p", SocketType.Stream));
        Assert.Contains("make it first", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Path_OfMoreThan107Bytes_IsRefused()
    {
        string name = new('p', 107 - _bench.Path("p").Length + 1);
        Listen(name, SocketType.Stream).Dispose();
        LinkException refused = Assert.Throws<LinkException>(
            () => Listen(name + "p", SocketType.Stream));
        Assert.Contains("108 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Dgram)]
    public void File_IsTheOwnersAlone_AndRemovedAtTheEnd(SocketType type)
    {
        GuestLink link = Listen("p", type);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(_bench.Path("p")));
        link.Dispose();
        Assert.False(File.Exists(_bench.Path("p")));
    }

    [Fact]
    public void File_ReplacedByAnotherProgram_IsLeftAtTheEnd()
    {
        GuestLink link = Listen("p", SocketType.Stream);
        File.Move(_bench.Path("p"), _bench.Path("moved"));
        using GuestLink other = Listen("p", SocketType.Stream);
        link.Dispose();
        Assert.True(File.Exists(_bench.Path("p")));
    }

    private GuestLink Listen(string name, SocketType type) => type == SocketType.Stream
        ? StreamLink.Listen(StreamProtocol.Stream, _bench.Path(name), MtuBytes, _bench.Reports.Add)
        : DatagramLink.Listen(_bench.Path(name), MtuBytes, _bench.Reports.Add);
}
