using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Flows;

public class FlowShardingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Flows_AreSharedEvenly(int workers)
    {
        const int flows = 16_000;
        FlowSharding sharding = new(VirtualNetwork.Settings, workers);
        int[] counts = new int[workers];
        for (int i = 0; i < flows; i++)
        {
            counts[sharding.WorkerOf(Key((ushort)(1_024 + i)))]++;
        }

        Assert.All(counts, count => Assert.InRange(
            count, flows / workers * 0.85, flows / workers * 1.15));
    }

    [Fact]
    public void Flows_AreSharedByASecret()
    {
        FlowSharding one = new(VirtualNetwork.Settings, 16);
        FlowSharding other = new(VirtualNetwork.Settings with { Seed = new Seed128(5, 6) }, 16);
        Assert.Contains(
            Enumerable.Range(1_024, 64),
            port => one.WorkerOf(Key((ushort)port)) != other.WorkerOf(Key((ushort)port)));
    }

    [Fact]
    public void Segments_AreOfTheFlowsWorker()
    {
        FlowSharding sharding = new(VirtualNetwork.Settings, 16);
        for (int i = 0; i < 200; i++)
        {
            IpEndpoint source = new(VirtualNetwork.Guest, (ushort)(2_000 + i));
            byte[] segment = new Segment { Source = source }.ToBytes();
            Assert.Equal(sharding.WorkerOf(Key(source.Port)), WorkerOf(sharding, IpProtocol.Tcp,
                segment));
        }
    }

    [Fact]
    public void Datagrams_OfAnEndpointToAllRemotes_HaveOneWorker()
    {
        FlowSharding sharding = new(VirtualNetwork.Settings, 16);
        HashSet<int> seen = [];
        for (int i = 0; i < 200; i++)
        {
            IpEndpoint remote = new(
                IpAddress.FromIPv4(0x0808_0000u + (uint)i), (ushort)(53 + i));
            seen.Add(sharding.WorkerOf(
                IpProtocol.Udp, VirtualNetwork.Guest, remote.Address,
                new Datagram { Destination = remote }.ToBytes()));
        }

        Assert.Single(seen);
    }

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.255")]
    [InlineData("255.255.255.255")]
    public void Datagrams_ToServices_AreTheKeepers(string destination)
    {
        FlowSharding sharding = new(VirtualNetwork.Settings, 16);
        for (int port = 1_024; port < 1_224; port++)
        {
            IpEndpoint source = new(VirtualNetwork.Guest, (ushort)port);
            Assert.Equal(FlowSharding.Keeper, sharding.WorkerOf(
                IpProtocol.Udp, VirtualNetwork.Guest, IpAddress.Parse(destination),
                new Datagram { Source = source }.ToBytes()));
        }
    }

    [Fact]
    public void FragmentationNeeded_IsOfTheQuotedFlowsWorker()
    {
        FlowSharding sharding = new(VirtualNetwork.Settings, 16);
        for (int i = 0; i < 200; i++)
        {
            IpEndpoint guest = new(VirtualNetwork.Guest, (ushort)(3_000 + i));
            byte[] quoted = new Ipv4Packet
            {
                Source = VirtualNetwork.Far,
                Destination = guest.Address,
                Payload = new Segment
                {
                    Source = VirtualNetwork.FarEndpoint, Destination = guest,
                }.ToBytes(),
            }.ToBytes();
            byte[] message = [3, 4, 0, 0, 0, 0, 5, 0, .. quoted];
            ushort checksum = OnesComplement.Checksum(message);
            message[2] = (byte)(checksum >> 8);
            message[3] = (byte)checksum;
            Assert.Equal(
                sharding.WorkerOf(Key(guest.Port)), WorkerOf(sharding, IpProtocol.Icmp, message));
        }
    }

    [Fact]
    public void PacketTooBig_IsOfTheQuotedFlowsWorker()
    {
        FlowSharding sharding = new(VirtualNetwork.Settings6, 16);
        for (int i = 0; i < 200; i++)
        {
            IpEndpoint guest = new(VirtualNetwork.Guest6, (ushort)(3_000 + i));
            IcmpPacket message = new()
            {
                Source = VirtualNetwork.Guest6, Destination = VirtualNetwork.Far6, Type = 2,
                RestOfHeader = 1_280,
                Body = new Segment
                {
                    Source = VirtualNetwork.FarEndpoint6, Destination = guest,
                }.ToPacket6().ToBytes(),
            };
            Assert.Equal(
                sharding.WorkerOf(
                    new FlowKey(guest, VirtualNetwork.FarEndpoint6, IpProtocol.Tcp)),
                sharding.WorkerOf(
                    IpProtocol.IcmpV6, message.Source, message.Destination, message.ToBytes()));
        }
    }

    [Theory]
    [InlineData(IpProtocol.Tcp, "")]
    [InlineData(IpProtocol.Tcp, "000102")]
    [InlineData(IpProtocol.Udp, "0001")]
    [InlineData(IpProtocol.Icmp, "0800000000000000")]
    [InlineData(IpProtocol.Icmp, "0304")]
    [InlineData((IpProtocol)132, "0001020304050607")]
    public void AllElse_IsTheKeepers(IpProtocol protocol, string payload) => Assert.Equal(
        FlowSharding.Keeper,
        WorkerOf(
            new FlowSharding(VirtualNetwork.Settings, 16), protocol,
            Convert.FromHexString(payload)));

    private static int WorkerOf(FlowSharding sharding, IpProtocol protocol, byte[] payload) =>
        sharding.WorkerOf(protocol, VirtualNetwork.Guest, VirtualNetwork.Far, payload);

    private static FlowKey Key(ushort port) => new(
        new IpEndpoint(VirtualNetwork.Guest, port), VirtualNetwork.FarEndpoint, IpProtocol.Tcp);
}
