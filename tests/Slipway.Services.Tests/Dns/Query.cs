using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>Builds queries; each test states only what differs from a plain one.</summary>
internal sealed record Query(string Name, DnsType Type = DnsType.A)
{
    public ushort Id { get; init; } = 0x4242;

    public ushort Flags { get; init; } = DnsMessage.RecursionDesiredFlag;

    public DnsClass Class { get; init; } = DnsClass.Internet;

    /// <summary>The UDP size of an OPT record; 0 for none.</summary>
    public ushort EdnsSize { get; init; }

    public byte EdnsVersion { get; init; }

    public static implicit operator byte[](Query query) => query.ToArray();

    public byte[] ToArray()
    {
        List<byte> bytes = [];
        Add(bytes, Id, Flags, 1, 0, 0, (ushort)(EdnsSize > 0 ? 1 : 0));
        bytes.AddRange(LocalNames.Encode(Name));
        Add(bytes, (ushort)Type, (ushort)Class);
        if (EdnsSize > 0)
        {
            bytes.Add(0);
            Add(bytes, (ushort)DnsType.Opt, EdnsSize, EdnsVersion, 0, 0);
        }

        return [.. bytes];
    }

    private static void Add(List<byte> bytes, params ReadOnlySpan<ushort> words)
    {
        byte[] word = new byte[2];
        foreach (ushort value in words)
        {
            BinaryPrimitives.WriteUInt16BigEndian(word, value);
            bytes.AddRange(word);
        }
    }
}
