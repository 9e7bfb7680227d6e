namespace Slipway.Engine.Tests;

public sealed class PublishSpecificationTests
{
    [Theory]
    [InlineData("8080:80", "127.0.0.1:8080:0.0.0.0:80/tcp")]
    [InlineData("8080:80/udp", "127.0.0.1:8080:0.0.0.0:80/udp")]
    [InlineData("0:80/TCP", "127.0.0.1:0:0.0.0.0:80/tcp")]
    [InlineData("0.0.0.0:8080:80", "0.0.0.0:8080:0.0.0.0:80/tcp")]
    [InlineData("8080:192.168.127.9:80", "127.0.0.1:8080:192.168.127.9:80/tcp")]
    [InlineData("10.0.0.1:8080:192.168.127.9:80/udp", "10.0.0.1:8080:192.168.127.9:80/udp")]
    [InlineData("[::1]:8080:80", "[::1]:8080:0.0.0.0:80/tcp")]
    [InlineData("[::]:8080:192.168.127.9:80", "[::]:8080:192.168.127.9:80/tcp")]
    public void Publish_Valid_IsRead(string text, string expected) =>
        Assert.Equal(expected, PublishSpecification.Parse("--publish", text).Whole);

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("80:")]
    [InlineData(":80")]
    [InlineData("80:0")]
    [InlineData("65536:80")]
    [InlineData("80:80/sctp")]
    [InlineData("80:80/")]
    [InlineData("8000-8010:8000-8010")]
    [InlineData("localhost:80:80")]
    [InlineData("1.2.3:80:80")]
    [InlineData("1.2.3.4:80:5.6.7.8:80:9")]
    [InlineData("[::1:80:80")]
    [InlineData("::1:80:80")]
    [InlineData("-1:80")]
    [InlineData("80 :80")]
    [InlineData("unix:/tmp/s:80")]
    public void Publish_Wrong_IsRefusedWithGrammar(string text)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => PublishSpecification.Parse("--publish", text));

        Assert.Equal("--publish", error.Key);
        Assert.Equal(text, error.Value);
    }
}
