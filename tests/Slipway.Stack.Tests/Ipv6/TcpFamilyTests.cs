using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>TCP is the same over both families, but for the headers before it.</summary>
public sealed class TcpFamilyTests
{
    private static readonly StreamPattern Pattern = new(9);

    [Theory]
    [BothFamilies]
    public void Connection_FromItsSynToItsEnd_CarriesTextBothWays(bool isIPv4)
    {
        TcpScript script = Script(isIPv4);
        SimConnection host = script.Connect();
        script.SendText(Pattern.Bytes(0, 900));
        Assert.Equal(Pattern.Bytes(0, 900), host.ReadAll());
        host.Write(Pattern.Bytes(5, 700));
        script.Turn();
        byte[] text = [.. script.TakeAll().SelectMany(segment => segment.Payload)];
        Assert.Equal(Pattern.Bytes(5, 700), text);
        script.EngineNext += 700;

        host.ShutdownSend();
        script.Turn();
        script.Expect(Expect.Flags(TcpScript.FinAck), Expect.Sequence(script.EngineNext++));
        script.SendFin();
        script.ExpectAck();
        Assert.True(host.IsEndOfStream);
        Assert.Equal(
            isIPv4 ? VirtualNetwork.FarEndpoint : VirtualNetwork.FarEndpoint6, host.Endpoint);
    }

    [Theory]
    [BothFamilies]
    public void Syn_HostRefused_GetsReset(bool isIPv4)
    {
        TcpScript script = Script(isIPv4);
        script.Server.Outcome = HostError.Refused;
        script.Send(script.Opening);
        script.Expect(
            Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment), Expect.Sequence(0),
            Expect.Acknowledges(TcpScript.GuestInitial + 1));
        Assert.Equal(0, script.Layer.Count);
    }

    [Theory]
    [InlineData(true, HostError.HostUnreachable, 3, 1)]
    [InlineData(true, HostError.NetworkUnreachable, 3, 0)]
    [InlineData(true, HostError.Prohibited, 3, 13)]
    [InlineData(false, HostError.HostUnreachable, 1, 3)]
    [InlineData(false, HostError.NetworkUnreachable, 1, 0)]
    [InlineData(false, HostError.Prohibited, 1, 1)]
    public void Syn_HostSaysUnreachable_GetsIcmp(
        bool isIPv4, HostError error, byte type, byte code)
    {
        TcpScript script = Script(isIPv4);
        script.Server.Outcome = error;
        script.Send(script.Opening);
        script.ExpectIcmp(type, code);
        Assert.Equal(0, script.Layer.Count);
    }

    [Theory]
    [BothFamilies]
    public void Reset_OfEitherEnd_ReachesTheOther(bool isIPv4)
    {
        TcpScript script = Script(isIPv4);
        SimConnection host = script.Connect();
        host.Reset();
        script.Turn();
        script.Expect(
            Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment),
            Expect.Sequence(script.EngineNext));
        script.AssertGone(host);

        host = script.Connect();
        script.Send(script.Ack with { Flags = TcpFlags.Reset });
        Assert.True(host.WasReset);
        script.AssertGone(host);
    }

    [Theory]
    [InlineData(true, 1500, 1460)]
    [InlineData(false, 1500, 1440)]
    [InlineData(false, 1280, 1220)]
    [InlineData(false, 9000, 8940)]
    public void SegmentSize_FillsTheMtu(bool isIPv4, int mtuBytes, ushort segmentBytes)
    {
        TcpScript script = new(SettingsOf(isIPv4) with { MtuBytes = mtuBytes }, isIPv4: isIPv4);
        script.Send(script.Opening with
        {
            Options = new SegmentOptions { MaximumSegmentSize = 65_000 },
        });
        Segment answer = script.Expect(
            Expect.Options(options => options.MaximumSegmentSize == segmentBytes, "MSS"));
        script.GuestNext = TcpScript.GuestInitial + 1;
        script.EngineNext = answer.Sequence + 1;
        script.Send(script.Ack);
        script.Server.Connection.Write(Pattern.Bytes(0, 9_500));
        script.Turn();
        Assert.Equal(segmentBytes, script.TakeAll()[0].Payload.Length);
    }

    [Theory]
    [InlineData(true, 536)]
    [InlineData(false, 1_220)]
    public void SegmentSize_ThatTheGuestDoesNotSay_IsThatOfTheSmallestMtu(
        bool isIPv4, int segmentBytes)
    {
        // RFC 9293 section 3.7.1.
        TcpScript script = Script(isIPv4);
        SimConnection host = script.Connect(SegmentOptions.None);
        host.Write(Pattern.Bytes(0, 3_000));
        script.Turn();
        Assert.Equal(segmentBytes, script.Expect().Payload.Length);
    }

    [Theory]
    [BothFamilies(true)]
    [BothFamilies(false)]
    public void Text_ToAGuestWithACard_GoesInFewFramesAndArrivesInSegments(
        bool isIPv4, bool timestamps)
    {
        TcpScript script = Script(isIPv4);
        script.Port.Offloads =
            Offloads.Checksum | (isIPv4 ? Offloads.TcpSegments4 : Offloads.TcpSegments6);
        script.LeavesChecksums = true;
        SegmentOptions linux = SegmentOptions.Linux;
        SimConnection host = script.Connect(
            timestamps ? linux : linux with { Timestamps = null });
        const int total = 500_000;
        int written = 0;
        int received = 0;
        int segments = 0;
        while (received < total)
        {
            written += host.Write(Pattern.Bytes(written, Math.Min(200_000, total - written)));
            script.Turn();
            foreach (Segment segment in script.TakeAll())
            {
                Assert.Equal(script.EngineNext, segment.Sequence);
                Pattern.Verify(received, segment.Payload);
                received += segment.Payload.Length;
                segments++;
                script.EngineNext = segment.End;
            }

            script.Send(script.Ack);
        }

        Assert.Equal(0, script.Counters.TcpSegmentsRetransmitted);
        Assert.InRange(script.Port.SentCount, 1, segments / 8);
    }

    [Theory]
    [InlineData(true, Offloads.TcpSegments6)]
    [InlineData(false, Offloads.TcpSegments4)]
    public void Text_ToACardOfTheOtherFamily_IsCutHere(bool isIPv4, Offloads segments)
    {
        TcpScript script = Script(isIPv4);
        script.Port.Offloads = Offloads.Checksum | segments;
        script.LeavesChecksums = true;
        SimConnection host = script.Connect(SegmentOptions.Linux);
        host.Write(Pattern.Bytes(0, 10_000));
        script.Turn();
        Assert.Equal(script.Port.PendingCount + 1, script.Port.SentCount);
        Assert.All(script.TakeAll(), segment => Assert.InRange(segment.Payload.Length, 1, 1_460));
    }

    [Theory]
    [BothFamilies]
    public void Client_OfAPublishedPort_IsTheGatewayToTheGuest(bool isIPv4)
    {
        TcpScript script = Script(isIPv4);
        script.LearnGuest();
        IpEndpoint client = new(isIPv4 ? VirtualNetwork.Far : VirtualNetwork.Far6, 5_000);
        script.Layer.AcceptFromHost(
            script.Host.AcceptedStream(client, client), client, script.Guest, script.Clock.Now);
        script.Turn();
        Segment syn = script.Expect(Expect.Flags(TcpFlags.Syn));
        Assert.Equal(
            isIPv4 ? VirtualNetwork.Gateway : VirtualNetwork.Gateway6, syn.Source.Address);
        Assert.Equal(script.Guest, syn.Destination);
        script.Send(new Segment
        {
            Source = syn.Destination, Destination = syn.Source, Sequence = 500,
            Acknowledgment = syn.End, Flags = TcpFlags.Syn | TcpFlags.Acknowledgment,
        });
        script.Expect(Expect.Flags(TcpFlags.Acknowledgment), Expect.Acknowledges(501));
    }

    private static StackSettings SettingsOf(bool isIPv4) =>
        isIPv4 ? VirtualNetwork.Settings : VirtualNetwork.Settings6;

    private static TcpScript Script(bool isIPv4) => new(SettingsOf(isIPv4), isIPv4: isIPv4);
}
