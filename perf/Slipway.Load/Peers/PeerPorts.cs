namespace Slipway.Load.Peers;

/// <summary>The ports of a server, counted from its first.</summary>
internal static class PeerPorts
{
    /// <summary>Bytes in one direction for a given time.</summary>
    public const int Stream = 0;

    /// <summary>Answers what it reads, until the end of the connection.</summary>
    public const int Echo = 1;

    /// <summary>Answers once and closes.</summary>
    public const int Once = 2;

    /// <summary>UDP: counts, echoes or floods.</summary>
    public const int Datagram = 3;

    /// <summary>The first of those that greet and then only stay open.</summary>
    public const int Hold = 4;

    /// <summary>
    /// More than one, so that ephemeral ports do not bound the number of connections.
    /// </summary>
    public const int HoldCount = 4;

    public const int Count = Hold + HoldCount;
}
