namespace Slipway.SystemTests.Harness;

/// <summary>The addresses that a guest knows, whichever engine it has (DESIGN section 1).</summary>
public static class Addresses
{
    public const string Gateway = "192.168.127.1";
    public const string GatewayMac = "5a:94:ef:e4:0c:dd";
    public const string HostAlias = "192.168.127.254";
    public const string FirstGuest = "192.168.127.2";
    public const string Subnet = "192.168.127.0/24";
    public const string Gateway6 = "fd5a:94ef:e40c::1";
    public const string HostAlias6 = "fd5a:94ef:e40c::fe";
    public const string Prefix6 = "fd5a:94ef:e40c:";
}
