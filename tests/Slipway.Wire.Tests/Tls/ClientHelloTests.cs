using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace Slipway.Wire.Tests.Tls;

/// <summary>The server's name in what TLS clients really send, however it is cut.</summary>
public sealed class ClientHelloTests
{
    [Theory]
    [InlineData("example.test", SslProtocols.Tls12)]
    [InlineData("example.test", SslProtocols.Tls13)]
    [InlineData("a.very-long_name.example.test", SslProtocols.None)]
    public void Read_HelloOfTheRuntimesClient_GivesTheName(string name, SslProtocols protocols) =>
        Assert.Equal((ClientHelloResult.Named, name), Read(Hello(name, protocols)));

    [Fact]
    public void Read_EveryBeginningOfAHello_IsIncomplete()
    {
        byte[] hello = Hello("example.test", SslProtocols.None);
        for (int length = 0; length < hello.Length; length++)
        {
            Assert.Equal((ClientHelloResult.Incomplete, ""), Read(hello[..length]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Read_HelloInSeveralRecords_GivesTheName(int fragmentBytes)
    {
        byte[] message = Hello("example.test", SslProtocols.None)[5..];
        List<byte> records = [];
        foreach (byte[] fragment in message.Chunk(fragmentBytes))
        {
            records.AddRange(
                [22, 3, 1, (byte)(fragment.Length >> 8), (byte)fragment.Length, .. fragment]);
            bool isWhole = records.Count
                == message.Length + (5 * ((message.Length - 1) / fragmentBytes + 1));
            Assert.Equal(
                isWhole ? ClientHelloResult.Named : ClientHelloResult.Incomplete,
                Read([.. records]).Result);
        }

        Assert.Equal((ClientHelloResult.Named, "example.test"), Read([.. records]));
    }

    [Fact]
    public void Read_HelloToAnAddress_IsNameless() =>
        Assert.Equal(
            (ClientHelloResult.Nameless, ""), Read(Hello("192.0.2.1", SslProtocols.None)));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("\x16\x02")]
    [InlineData("\x15\x03\x01\x00\x02\x01\x00")]
    [InlineData("\x16\x03\x01\x00\x00")]
    [InlineData("\x16\x03\x01\x41\x00")]
    [InlineData("\x16\x03\x01\x00\x04\x02\x00\x00\x00")]
    [InlineData("\x16\x03\x01\x00\x04\x01\x7f\x00\x00")]
    public void Read_SomethingElse_IsNamelessAtOnce(string bytes) =>
        Assert.Equal(
            (ClientHelloResult.Nameless, ""), Read(Encoding.Latin1.GetBytes(bytes)));

    [Fact]
    public void Read_HelloChangedAtAnyByte_NeverThrowsNorGivesWhatIsNoName()
    {
        byte[] hello = Hello("example.test", SslProtocols.None);
        for (int i = 0; i < hello.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 0x2f, 0x7f, 0xff])
            {
                byte[] changed = [.. hello];
                changed[i] = value;
                (ClientHelloResult result, string name) = Read(changed);
                Assert.Equal(result == ClientHelloResult.Named, name.Length > 0);
                Assert.Matches("^[A-Za-z0-9._-]*$", name);
            }
        }
    }

    private static (ClientHelloResult Result, string Name) Read(byte[] bytes)
    {
        ClientHelloResult result = ClientHello.Read(
            bytes, new byte[ClientHello.MaximumBytes], out ReadOnlySpan<byte> name);
        return (result, Encoding.ASCII.GetString(name));
    }

    private static byte[] Hello(string name, SslProtocols protocols)
    {
        using HelloStream stream = new();
        using SslStream tls = new(stream);
        Assert.ThrowsAny<Exception>(() => tls.AuthenticateAsClient(
            new SslClientAuthenticationOptions
            {
                TargetHost = name, EnabledSslProtocols = protocols,
            }));
        return stream.ToArray();
    }
}
