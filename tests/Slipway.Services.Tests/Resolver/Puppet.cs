using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services.Tests.Resolver;

/// <summary>
/// One end of the socket to an engine: reads what it asks, says what a test wants.
/// </summary>
internal sealed class Puppet(int channel) : IDisposable
{
    private readonly byte[] _buffer = new byte[ResolverMessage.MaxLengthBytes];

    /// <summary>The next question's kind and id; fails the test when the engine has gone.</summary>
    public (ResolverMessageKind Kind, uint Id) Read()
    {
        int length = PacketChannel.Receive(channel, _buffer);
        Assert.True(length > 0, "the engine has closed its end");
        Assert.Equal(
            ParseError.None,
            ResolverMessage.TryParse(_buffer.AsSpan(0, length), out ResolverMessage message));
        return (message.Kind, message.Id);
    }

    public void Say(ReadOnlySpan<byte> packet) =>
        Assert.Equal(0, PacketChannel.Send(channel, packet));

    /// <summary>Waits until the engine has closed its end.</summary>
    public void AwaitEnd()
    {
        while (PacketChannel.Receive(channel, _buffer) > 0)
        {
            // what it asked before
        }
    }

    public void Dispose() => DescriptorChannel.Close(channel);
}
