using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A guest's address and MAC, as workers tell one another.</summary>
internal readonly record struct HeardGuest(IpAddress Address, MacAddress Mac)
{
    public const int LengthBytes = 24;

    public static HeardGuest Read(ReadOnlySpan<byte> bytes) => new(
        new IpAddress(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
        new MacAddress(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Address.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Address.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Mac.Value);
    }
}
