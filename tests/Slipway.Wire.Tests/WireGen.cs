using CsCheck;

namespace Slipway.Wire.Tests;

/// <summary>Generators of the values that headers are made of.</summary>
internal static class WireGen
{
    public static readonly Gen<IpAddress> IPv4 = Gen.UInt.Select(IpAddress.FromIPv4);

    public static readonly Gen<IpAddress> IPv6 =
        Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new IpAddress(high, low));

    /// <summary>IPv6 addresses that a neighbor can have: unicast, not :: and not mapped.</summary>
    public static readonly Gen<IpAddress> Neighbor = Gen.Select(
        Gen.ULong[1, 0xfeff_ffff_ffff_ffff], Gen.ULong,
        (high, low) => new IpAddress(high, low));

    public static readonly Gen<MacAddress> Mac =
        Gen.ULong[0, 0xffff_ffff_ffff].Select(value => new MacAddress(value));

    public static readonly Gen<TcpOptions> TcpOptions = Gen.Select(
        Gen.UShort, Gen.SByte[-1, 14], Gen.Bool, Gen.Bool, Gen.UInt,
        Gen.Select(Gen.UInt, Gen.UInt, (left, right) => new SackBlock(left, right)).Array[0, 4],
        (maximumSegmentSize, windowScale, sackPermitted, hasTimestamps, timestamp, blocks) =>
        {
            TcpOptions options = new()
            {
                MaximumSegmentSize = maximumSegmentSize,
                WindowScale = windowScale,
                SackPermitted = sackPermitted,
                HasTimestamps = hasTimestamps,
                TimestampValue = hasTimestamps ? timestamp : 0,
                TimestampEchoReply = hasTimestamps ? ~timestamp : 0,
            };
            foreach (SackBlock block in blocks)
            {
                options.AddSackBlock(block);
            }

            return options;
        });
}
