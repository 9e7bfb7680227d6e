using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

/// <summary>A reply, read by the code that reads requests.</summary>
internal sealed record Answer(DhcpReply Meta, byte[] Bytes)
{
    public DhcpMessageType Type => Message().MessageType;

    public string Address => Message().YourAddress.ToString();

    public List<DhcpOption> Codes
    {
        get
        {
            List<DhcpOption> codes = [];
            DhcpOptionReader options = Message().Options;
            while (options.TryRead(out DhcpOption code, out _))
            {
                codes.Add(code);
            }

            return codes;
        }
    }

    public DhcpMessage Message()
    {
        Assert.Equal(ParseError.None, DhcpMessage.TryParse(Bytes, out DhcpMessage message));
        return message;
    }

    /// <summary>An option in hexadecimal; null if it is absent.</summary>
    public string? Option(DhcpOption option) =>
        Message().TryGetOption(option, out ReadOnlySpan<byte> value)
            ? Convert.ToHexStringLower(value) : null;

    public string? Text(DhcpOption option) =>
        Message().TryGetOption(option, out ReadOnlySpan<byte> value)
        ? System.Text.Encoding.ASCII.GetString(value) : null;
}
