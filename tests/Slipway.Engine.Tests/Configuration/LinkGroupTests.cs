namespace Slipway.Engine.Tests.Configuration;

/// <summary>Which guests see one another: group=NAME and isolated, at any link.</summary>
public class LinkGroupTests
{
    [Theory]
    [InlineData("stream:/tmp/vm.sock,group=web", "stream:/tmp/vm.sock", "web", false)]
    [InlineData("stream:/tmp/a,b.sock,isolated", "stream:/tmp/a,b.sock", null, true)]
    [InlineData("stream:/tmp/a,b.sock", "stream:/tmp/a,b.sock", null, false)]
    [InlineData("tap:tap0,configure=no,group=lab", "tap:tap0,configure=no", "lab", false)]
    [InlineData("vhost-user:/tmp/vm.sock,isolated", "vhost-user:/tmp/vm.sock", null, true)]
    [InlineData("fd:3,framing=stream,group=web", "fd:3,framing=stream", "web", false)]
    [InlineData("vsock:1024,isolated", "vsock:1024", null, true)]
    public void Group_AtTheEndOfALink_IsTaken(
        string text, string link, string? group, bool isIsolated)
    {
        LinkSpecification specification = LinkSpecification.Parse("--link", text);
        Assert.Equal(
            (link, group, isIsolated),
            (specification.ToString(), specification.Group, specification.IsIsolated));
        Assert.Equal(text, $"{specification}{specification.GroupText}");
    }

    [Theory]
    [InlineData("stream:/tmp/vm.sock,group=", "has a group without a name")]
    [InlineData("stream:/tmp/vm.sock,group=web,isolated", "both isolated and in a group")]
    [InlineData("tap:tap0,group=web,netns=/run/netns/web", "is not an option of this link")]
    public void Group_ThatIsWrong_IsRefused(string text, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => LinkSpecification.Parse("--link", text));
        Assert.Equal(text, error.Value);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }
}
