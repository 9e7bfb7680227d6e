using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

/// <summary>Publishes a port of the simulated host.</summary>
internal static class PublishedSocket
{
    /// <summary>Binds it at the host; the error says why not.</summary>
    public static HostError Publish(
        this StackBench bench, IpEndpoint local, IpEndpoint guest, out UdpPublication? publication,
        PublishedDatagrams datagrams = default)
    {
        publication = null;
        if (bench.Host.IsUdpBound(local))
        {
            return HostError.AddressInUse;
        }

        publication = bench.Stack.Udp.Publish(
            owner =>
            {
                Assert.Equal(
                    HostError.None,
                    bench.Host.BindUdp(local, owner, out IHostDatagramSocket? socket));
                return socket!;
            },
            new FixedGuest(guest.Address), guest.Port, datagrams);
        return HostError.None;
    }

    private sealed class FixedGuest(IpAddress guest) : IPublishedGuest
    {
        public bool TryFind(Instant now, out IpAddress address)
        {
            address = guest;
            return true;
        }
    }
}
