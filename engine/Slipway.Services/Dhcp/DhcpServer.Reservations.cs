using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Addresses that are asked for before DHCP is spoken, as vpnkit's guests do.</summary>
public sealed partial class DhcpServer
{
    /// <summary>
    /// Holds an address as an offer does, for a client that is known by its MAC address.
    /// </summary>
    /// <returns>Null when it is held; else why not, in vpnkit's words.</returns>
    public string? Reserve(MacAddress mac, IpAddress wanted, DateTimeOffset wallNow)
    {
        long now = wallNow.ToUnixTimeSeconds();
        Expire(now);
        byte[] client = ClientKey.Of(mac);
        Lease? own = _table.Find(client, mac);
        if (own is not null)
        {
            if (own.Address != wanted)
            {
                return "UUID already assigned to a different IP than the IP requested by the "
                    + "client";
            }

            _table.Prolong(own, now);
            return null;
        }

        if (!_table.IsInPool(wanted))
        {
            return "Preferred IP address out of range.";
        }

        Lease? held = _table.Find(wanted);
        bool isFree = held is null or { State: LeaseState.Idle };
        if (!isFree || IsUsedByAnother?.Invoke(wanted, mac) == true)
        {
            return $"Preferred IP address {wanted} already used.";
        }

        if (held is not null)
        {
            _table.Remove(held); // remembered for one who has gone
        }

        return _table.Offer(client, mac, port: 0, wanted, now, out _) is null
            ? "No IP addresses available." : null;
    }
}
