using System.Net.Sockets;
using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Port 80 of the gateway, for the flows of all workers: a connection is one end of a socket pair
/// whose other end the pages have. They are made for the first one.
/// </summary>
internal sealed class GuestPagePort(Func<IGuestPages> make) : IDisposable
{
    public const ushort Port = 80;
    private const int MostConnections = 128;
    private const int MostOfAGuest = 16;

    private readonly Lazy<IGuestPages> _pages = new(make);
    private readonly GuestQuota _quota = new(MostConnections, MostOfAGuest);
    private readonly CancellationTokenSource _stopping = new();

    public HostError Open(
        HostNetwork network, in IpEndpoint guest, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        if (!_quota.TryEnter(guest.Address))
        {
            return HostError.Refused;
        }

        HostError error = network.OpenPair(owner, out stream, out SafeSocketHandle? far);
        if (far is null)
        {
            _quota.Leave(guest.Address);
            return error;
        }

        IpEndpoint from = guest;
        _ = Task.Run(() => ServeAsync(far, from), CancellationToken.None);
        return error;
    }

    /// <summary>Ends what is served.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        if (_pages.IsValueCreated)
        {
            _pages.Value.Dispose();
        }
    }

    private async Task ServeAsync(SafeSocketHandle far, IpEndpoint guest)
    {
        try
        {
            await _pages.Value.ServeAsync(new Socket(far), guest, _stopping.Token)
                .ConfigureAwait(false);
        }
        finally
        {
            far.Dispose();
            _quota.Leave(guest.Address);
        }
    }
}
