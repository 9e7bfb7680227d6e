using System.Buffers.Binary;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>A query of a guest's, and the check of what answers it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What is asked about.</param>
/// <param name="Type">A or AAAA.</param>
/// <param name="EdnsBytes">What a datagram may have; 0 without EDNS.</param>
internal sealed record DnsQueryMessage(ushort Id, SimName Name, DnsType Type, ushort EdnsBytes)
{
    public byte[] ToBytes()
    {
        List<byte> bytes = [];
        bool hasEdns = EdnsBytes > 0;
        Add(bytes, Id, DnsMessage.RecursionDesiredFlag, 1, 0, 0, (ushort)(hasEdns ? 1 : 0));
        bytes.AddRange(LocalNames.Encode(Name.Text));
        Add(bytes, (ushort)Type, (ushort)DnsClass.Internet);
        if (hasEdns)
        {
            bytes.Add(0);
            Add(bytes, (ushort)DnsType.Opt, EdnsBytes, 0, 0, 0);
        }

        return [.. bytes];
    }

    /// <summary>The same with the length that TCP puts before it.</summary>
    public byte[] ToFramed()
    {
        byte[] query = ToBytes();
        return [(byte)(query.Length >> 8), (byte)query.Length, .. query];
    }

    /// <summary>
    /// Fails unless the answer has this query's id and question and says what the name is.
    /// </summary>
    /// <returns>False where it was cut: TCP has all of it.</returns>
    public bool Check(byte[] answer, bool overTcp)
    {
        DnsAnswerCheck.MustAnswer(ToBytes(), answer);
        DnsMessage.TryParse(answer, out DnsMessage message);
        Assert.Equal(
            Name.IsTooLate ? DnsResponseCode.ServerFailure : Name.Code, message.ResponseCode);
        if (message.IsTruncated)
        {
            Assert.False(overTcp, "an answer over TCP is whole");
            return false;
        }

        bool isFound = !Name.IsTooLate && Name.Code == DnsResponseCode.NoError;
        Assert.Equal(isFound ? Name.Addresses : 0, message.AnswerCount);
        return true;
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
