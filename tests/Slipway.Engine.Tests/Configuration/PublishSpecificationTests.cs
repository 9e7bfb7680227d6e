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
    [InlineData("8000-8010:80-90", "127.0.0.1:8000-8010:0.0.0.0:80-90/tcp")]
    [InlineData("8000-8010:80/udp", "127.0.0.1:8000-8010:0.0.0.0:80/udp")]
    [InlineData("8000-8000:80", "127.0.0.1:8000:0.0.0.0:80/tcp")]
    [InlineData("8080:web:80", "127.0.0.1:8080:web:80/tcp")]
    [InlineData("8080:Web.Internal:80", "127.0.0.1:8080:web.internal:80/tcp")]
    [InlineData("0.0.0.0:8080:web:80-80", "0.0.0.0:8080:web:80/tcp")]
    [InlineData("[::]:8080:[fd5a:94ef:e40c::2]:80", "[::]:8080:[fd5a:94ef:e40c::2]:80/tcp")]
    [InlineData("unix:/tmp/s:80", "unix:/tmp/s:0.0.0.0:80/tcp")]
    [InlineData("unix:s.sock:web:80/tcp", "unix:s.sock:web:80/tcp")]
    [InlineData("unix:/a:b/s:80", "unix:/a:b/s:0.0.0.0:80/tcp")]
    [InlineData("unix:/a/s,t:[fd5a::2]:80,mode=0660", "unix:/a/s,t:[fd5a::2]:80/tcp,mode=0660")]
    [InlineData("unix:/s:10.0.0.2:80", "unix:/s:10.0.0.2:80/tcp")]
    [InlineData("fd:web:80", "fd:web:0.0.0.0:80/tcp")]
    [InlineData("fd:3:10.0.0.2:80/udp", "fd:3:10.0.0.2:80/udp")]
    [InlineData(
        "8080:80,client-address=client,proxy-protocol=v2",
        "127.0.0.1:8080:0.0.0.0:80/tcp,client-address=client,proxy-protocol=v2")]
    [InlineData("8080:80/tcp,client-address=gateway", "127.0.0.1:8080:0.0.0.0:80/tcp")]
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
    [InlineData("8000-8010:80-91")]
    [InlineData("8000:80-91")]
    [InlineData("8010-8000:80")]
    [InlineData("0-5:80")]
    [InlineData("8000-:80")]
    [InlineData("1024-2048:1024-2048")]
    [InlineData("8080:-web:80")]
    [InlineData("8080:10.0.0:80")]
    [InlineData("8080:80,mode=0600")]
    [InlineData("8080:80,proxy-protocol=v1")]
    [InlineData("8080:80,")]
    [InlineData("unix:/tmp/s")]
    [InlineData("unix::80")]
    [InlineData("unix:/tmp/s:80/udp")]
    [InlineData("unix:/tmp/s:80-81")]
    [InlineData("unix:/tmp/s:80,mode=")]
    [InlineData("unix:/tmp/s:80,mode=1777")]
    [InlineData("unix:/tmp/s:80,mode=0680")]
    [InlineData("fd::80")]
    [InlineData("fd:a:b:c:80")]
    [InlineData("localhost:80:80")]
    [InlineData("1.2.3:80:80")]
    [InlineData("1.2.3.4:80:5.6.7.8:80:9")]
    [InlineData("[::1:80:80")]
    [InlineData("::1:80:80")]
    [InlineData("-1:80")]
    [InlineData("80 :80")]
    public void Publish_Wrong_IsRefusedWithGrammar(string text)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => PublishSpecification.Parse("--publish", text));

        Assert.Equal("--publish", error.Key);
        Assert.Equal(text, error.Value);
    }

    [Fact]
    public void Publish_OfAPathThatIsTooLong_NamesTheBound()
    {
        string path = $"/tmp/{new string('s', 103)}";
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => PublishSpecification.Parse("publish[1]", $"unix:{path}:80"));
        Assert.Contains("at most 107 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(path[..^1], PublishSpecification.Parse("k", $"unix:{path[..^1]}:80").Path);
    }

    [Theory]
    [InlineData("8000-8010:80-90", "8005:80", true)]
    [InlineData("8000-8010:80-90", "8011:80", false)]
    [InlineData("8000-8010:80-90", "8005:80/udp", false)]
    [InlineData("8000-8010:80-90", "0.0.0.0:8010:80", true)]
    [InlineData("8000-8010:80", "8000-8010:81", false)]
    [InlineData("[::]:80:80", "0.0.0.0:80:80", false)]
    [InlineData("unix:/a:80", "unix:/a:81", true)]
    [InlineData("unix:/a:80", "unix:/b:80", false)]
    [InlineData("0:80", "0:80", false)]
    public void Publish_OfWhatAnotherHas_IsRefusedWithBoth(
        string one, string other, bool isRefused)
    {
        string json = $$"""{ "publish": ["{{one}}", "{{other}}"] }""";
        if (!isRefused)
        {
            Assert.Equal(2, ConfigurationReader.Parse(json).Publish.Count);
            return;
        }

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(json));
        Assert.Equal("publish[1]", error.Key);
        Assert.Contains($"publish[0] {one}", error.Message, StringComparison.Ordinal);
    }
}
