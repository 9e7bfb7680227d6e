using System.Net.Sockets;
using Slipway.Stack;

namespace Slipway.Host.Tests;

/// <summary>Connections to Unix stream sockets of the host.</summary>
public sealed class UnixConnectTests : IDisposable
{
    private readonly HostFixture _host = new();
    private readonly Owner _owner = new();
    private readonly string _directory =
        Directory.CreateTempSubdirectory("slipway-unix-").FullName;

    private string Path => System.IO.Path.Combine(_directory, "s");

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Connect_ToAListener_ConnectsAtOnceAndTellsThatItIsWritable()
    {
        using Socket listener = Listen(1);

        Assert.Equal(HostError.None, _host.Network.ConnectUnix(Path, _owner, out var stream));
        _host.Until(() => (_owner.Seen & Readiness.Writable) != 0, "it is writable");
        Assert.Equal(HostError.None, stream!.FinishConnect());
        using Socket peer = listener.Accept();
        Assert.Equal(3, stream.Send([1, 2, 3]).LengthBytes);
        byte[] read = new byte[10];
        Assert.Equal(3, peer.Receive(read));
        stream.Close(reset: false);
    }

    [Fact]
    public void Connect_WhereNobodyListensOrNothingIs_IsRefused()
    {
        Refused(Path);
        Listen(1).Dispose();
        Refused(Path);
        File.Delete(Path);
        File.WriteAllText(Path, "no socket");
        Refused(Path);
        Refused(Path + "/below/a/file");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Connect_ToNoPath_IsRefused(string path) => Refused(path);

    [Fact]
    public void Connect_ToAPathThatIsTooLong_IsRefused() => Refused("/" + new string('x', 107));

    [Fact]
    public void Connect_ToADatagramSocket_IsAnotherError()
    {
        using Socket datagrams =
            new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        datagrams.Bind(new UnixDomainSocketEndPoint(Path));

        Assert.Equal(HostError.Other, _host.Network.ConnectUnix(Path, _owner, out var stream));
        Assert.Null(stream);
    }

    [Fact]
    public void Connect_ToAListenerWhoseQueueIsFull_IsAskedAgainLater()
    {
        using Socket listener = Listen(1);
        List<IHostStream> streams = [];
        HostError error = HostError.None;
        while (error == HostError.None && streams.Count < 100)
        {
            error = _host.Network.ConnectUnix(Path, _owner, out IHostStream? stream);
            if (stream is not null)
            {
                streams.Add(stream);
            }
        }

        Assert.Equal(HostError.TimedOut, error);
        listener.Accept().Dispose();
        Assert.Equal(HostError.None, _host.Network.ConnectUnix(Path, _owner, out var last));
        streams.Add(last!);
        streams.ForEach(stream => stream.Close(reset: false));
    }

    private void Refused(string path)
    {
        Assert.Equal(HostError.Refused, _host.Network.ConnectUnix(path, _owner, out var stream));
        Assert.Null(stream);
    }

    private Socket Listen(int backlog)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(backlog);
        return listener;
    }
}
