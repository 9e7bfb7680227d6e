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
    private readonly GuestQuota _quota = new("guestPageConnections", MostConnections, MostOfAGuest);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>What guests have here at a time, and what was refused.</summary>
    public BoundReport Bound => _quota.Report();

    public HostError Open(
        HostNetwork network, in IpEndpoint guest, int link, IReadinessOwner owner,
        out IHostStream? stream)
    {
        stream = null;
        if (!_quota.TryEnter(link))
        {
            return HostError.Refused;
        }

        HostError error = network.OpenPair(owner, out stream, out SafeSocketHandle? far);
        if (far is null)
        {
            _quota.Leave(link);
            return error;
        }

        IpEndpoint from = guest;
        _ = Task.Run(() => ServeAsync(far, from, link), CancellationToken.None);
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

    private async Task ServeAsync(SafeSocketHandle far, IpEndpoint guest, int link)
    {
        try
        {
            await _pages.Value.ServeAsync(new Socket(far), guest, link, _stopping.Token)
                .ConfigureAwait(false);
        }
        finally
        {
            far.Dispose();
            _quota.Leave(link);
        }
    }
}
