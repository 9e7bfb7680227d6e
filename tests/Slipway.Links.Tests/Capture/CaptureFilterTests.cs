using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Links.Tests.Capture;

/// <summary>Terms of one key are alternatives, and each key must hold.</summary>
public sealed class CaptureFilterTests
{
    // UDP from 192.168.127.2:40000 to 198.51.100.7:53, the guest's MAC 02:00:00:00:00:02.
    private static readonly byte[] s_datagram = new Datagram().ToFrame();
    private static readonly byte[] s_datagram6 = new Datagram
    {
        Source = VirtualNetwork.GuestEndpoint6,
        Destination = VirtualNetwork.FarEndpoint6,
    }.ToFrame();

    [Theory]
    [InlineData("", true)]
    [InlineData("proto=udp", true)]
    [InlineData("proto=tcp", false)]
    [InlineData("proto=tcp,proto=ip4", true)]
    [InlineData("proto=arp proto=ip6", false)]
    [InlineData("port=53", true)]
    [InlineData("port=39000-41000", true)]
    [InlineData("port=54", false)]
    [InlineData("port=54,port=53", true)]
    [InlineData("port=53,proto=tcp", false)]
    [InlineData("host=192.168.127.2", true)]
    [InlineData("host=198.51.100.0/24", true)]
    [InlineData("host=198.51.101.0/24", false)]
    [InlineData("host=10.0.0.1,host=198.51.100.7,port=53", true)]
    [InlineData("mac=02:00:00:00:00:02", true)]
    [InlineData("mac=02:00:00:00:00:03", false)]
    [InlineData("dropped=no", true)]
    [InlineData("dropped=yes", false)]
    public void Filter_OfADatagram_TakesItOrNot(string terms, bool isTaken) =>
        Assert.Equal(isTaken, Matches(terms, s_datagram));

    [Theory]
    [InlineData("proto=ip6,port=80", true)]
    [InlineData("host=2001:db8::/32", true)]
    [InlineData("host=2001:db9::/32", false)]
    [InlineData("proto=ip4", false)]
    public void Filter_OfADatagramOfIpv6_TakesItOrNot(string terms, bool isTaken) =>
        Assert.Equal(isTaken, Matches(terms, s_datagram6));

    [Theory]
    [InlineData("proto=arp,host=192.168.127.2", true)]
    [InlineData("port=0", false)]
    public void Filter_OfArp_HasAddressesAndNoPorts(string terms, bool isTaken) =>
        Assert.Equal(isTaken, Matches(terms, new ArpFrame().ToFrame()));

    [Fact]
    public void Filter_ByDrops_TakesWhatWasNotServed() =>
        Assert.True(Matches("dropped=yes", s_datagram, DropReason.Unroutable));

    [Fact]
    public void Filter_OfEveryBeginningOfAFrame_ThrowsNothing()
    {
        for (int i = 0; i < s_datagram.Length; i++)
        {
            Assert.False(Matches("port=53", s_datagram[..i]));
            Assert.False(Matches("host=198.51.100.7", s_datagram6[..i]));
        }
    }

    [Theory]
    [InlineData("colour=blue", "host=ADDRESS")]
    [InlineData("tcp", "'tcp'")]
    [InlineData("port=80-70", "port=8000-8080")]
    [InlineData("port=65536", "65536")]
    [InlineData("host=10.1.2.3/16", "without host bits")]
    [InlineData("proto=sctp", "sctp")]
    [InlineData("mac=5", "52:54:00")]
    [InlineData("dropped=maybe", "dropped=yes")]
    public void Filter_Wrong_SaysWhatMayBeWritten(string terms, string said)
    {
        Assert.False(CaptureFilter.TryParse(terms, out _, out string? problem));
        Assert.Contains(said, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Filter_OfTooManyTerms_IsRefused() => Assert.False(CaptureFilter.TryParse(
        string.Join(',', Enumerable.Repeat("port=1", 33)), out _, out _));

    private static bool Matches(string terms, byte[] frame, DropReason? reason = null)
    {
        Assert.True(CaptureFilter.TryParse(terms, out CaptureFilter? filter, out _));
        return filter.Matches(new CapturedFrame
        {
            Link = 0,
            IsFromGuest = true,
            Nanoseconds = 0,
            Loss = new FrameLoss(reason, ParseError.None),
            Bytes = frame,
        });
    }
}
