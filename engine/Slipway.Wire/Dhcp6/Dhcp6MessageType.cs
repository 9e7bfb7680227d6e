namespace Slipway.Wire;

/// <summary>The first octet of a message (RFC 8415 section 7.3).</summary>
public enum Dhcp6MessageType : byte
{
    /// <summary>No message has this type.</summary>
    None = 0,
    Solicit = 1,
    Advertise = 2,
    Request = 3,
    Confirm = 4,
    Renew = 5,
    Rebind = 6,
    Reply = 7,
    Release = 8,
    Decline = 9,
    Reconfigure = 10,
    InformationRequest = 11,

    /// <summary>A relay's, to a server; it holds the client's message as an option.</summary>
    RelayForward = 12,

    /// <summary>A server's, to a relay.</summary>
    RelayReply = 13,
}
