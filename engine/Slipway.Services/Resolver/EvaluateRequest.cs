using System.Buffers.Binary;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The body of a question to a script.</summary>
/// <param name="Script">The script's id.</param>
/// <param name="Url">As FindProxyForURL gets it.</param>
/// <param name="Host">The same.</param>
internal readonly record struct EvaluateRequest(uint Script, string Url, string Host)
{
    private const int UrlLengthOffset = 4;
    private const int UrlOffset = 6;

    public static ParseError Check(in ResolverMessage message)
    {
        ReadOnlySpan<byte> body = message.Body;
        return body.Length < UrlOffset ? ParseError.Truncated
            : BinaryPrimitives.ReadUInt16LittleEndian(body[UrlLengthOffset..])
                > body.Length - UrlOffset ? ParseError.TotalLength
            : ParseError.None;
    }

    public static EvaluateRequest Read(in ResolverMessage message)
    {
        ReadOnlySpan<byte> body = message.Body;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(body[UrlLengthOffset..]);
        return new EvaluateRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            Encoding.UTF8.GetString(body.Slice(UrlOffset, length)),
            Encoding.UTF8.GetString(body[(UrlOffset + length)..]));
    }

    /// <summary>It is short enough to be asked.</summary>
    public bool Fits => Encoding.UTF8.GetByteCount(Url) + Encoding.UTF8.GetByteCount(Host)
        <= ResolverMessage.MaxTextBytes;

    /// <summary>Only where it <see cref="Fits"/>.</summary>
    public byte[] Write(uint id)
    {
        byte[] url = Encoding.UTF8.GetBytes(Url);
        byte[] host = Encoding.UTF8.GetBytes(Host);
        byte[] body = new byte[UrlOffset + url.Length + host.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(body, Script);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(UrlLengthOffset), (ushort)url.Length);
        url.CopyTo(body, UrlOffset);
        host.CopyTo(body, UrlOffset + url.Length);
        return ResolverMessage.Write(ResolverMessageKind.Evaluate, 0, id, body);
    }
}
