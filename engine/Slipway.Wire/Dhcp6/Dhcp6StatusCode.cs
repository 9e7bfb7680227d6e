namespace Slipway.Wire;

/// <summary>The codes of option 13 (RFC 8415 section 21.13).</summary>
public enum Dhcp6StatusCode : ushort
{
    Success = 0,
    UnspecifiedFailure = 1,

    /// <summary>The server has no address for the IA.</summary>
    NoAddressesAvailable = 2,

    /// <summary>The server does not know that the client has the IA.</summary>
    NoBinding = 3,

    /// <summary>An address is not of the link to which the client is attached.</summary>
    NotOnLink = 4,

    /// <summary>The client is to send to ff02::1:2, not to the server's own address.</summary>
    UseMulticast = 5,

    /// <summary>The server delegates no prefix to the IA.</summary>
    NoPrefixAvailable = 6,
}
