using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Slipway.Wire;

namespace Slipway.Links;

/// <summary>
/// vpnkit's Ethernet protocol, version 22; numbers are little-endian, messages padded with zeros.
/// </summary>
/// <remarks>
/// <code>
/// guest   Init      49 bytes   "VMN3T", u32 version 22, 40 bytes commit
/// engine  Init      49 bytes   its own; with another version it then closes
/// guest   Command   41 bytes   1 (Ethernet) or 8 (Preferred_ipv4), UUID as 36 characters, u32 IPv4
/// engine  Response 258 bytes   1 (Vif): u16 MTU, u16 largest frame, 6 bytes MAC address
///                              2 (Disconnect): u8 length, why
/// </code>
/// A guest has the MAC address that its UUID gives it, and so keeps its lease when it comes again.
/// </remarks>
/// <param name="mtuBytes">Told to the guest.</param>
/// <param name="reserve">
/// Holds an address for a MAC address that comes to take it by DHCP, or says why not.
/// </param>
internal sealed class VpnkitGreeting(
    int mtuBytes, Func<MacAddress, IpAddress, string?> reserve) : StreamGreeting
{
    /// <summary>Of the protocol.</summary>
    public const uint Version = 22;

    /// <summary>Of Init, in bytes.</summary>
    public const int InitBytes = 49;

    /// <summary>Of a command, in bytes.</summary>
    public const int CommandBytes = 41;

    /// <summary>Of the response to it, in bytes.</summary>
    public const int ResponseBytes = 258;

    private const int VersionOffset = 5;
    private const int UuidOffset = 1;
    private const int UuidBytes = 36;
    private const byte Ethernet = 1;
    private const byte PreferredIPv4 = 8;
    private const byte Vif = 1;
    private const byte Disconnect = 2;

    /// <summary>What the largest frame has more than the MTU, as vpnkit tells it.</summary>
    private const int FrameOverheadBytes = 50;

    private bool _hasMet;

    public override GreetingStep Take(ReadOnlySpan<byte> received, Span<byte> answer)
    {
        int wanted = _hasMet ? CommandBytes : InitBytes;
        if (received.Length < wanted)
        {
            ReadOnlySpan<byte> magic = "VMN3T"u8;
            int known = Math.Min(received.Length, magic.Length);
            return _hasMet || received[..known].SequenceEqual(magic[..known])
                ? GreetingStep.More : Stranger(received);
        }

        return _hasMet ? Obey(received, answer) : Meet(received, answer);
    }

    /// <summary>Locally administered, unicast, and always the same for a UUID.</summary>
    internal static MacAddress MacOf(ReadOnlySpan<byte> uuid)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(uuid, hash);
        hash[0] = (byte)((hash[0] | 0x02) & 0xFE);
        return MacAddress.Read(hash);
    }

    private static GreetingStep Stranger(ReadOnlySpan<byte> received) => new(
        received.Length, 0, Mistake: "does not speak vpnkit's protocol (no VMN3T)");

    private GreetingStep Meet(ReadOnlySpan<byte> received, Span<byte> answer)
    {
        if (!received.StartsWith("VMN3T"u8))
        {
            return Stranger(received);
        }

        answer = answer[..InitBytes];
        answer.Clear();
        "VMN3T"u8.CopyTo(answer);
        BinaryPrimitives.WriteUInt32LittleEndian(answer[VersionOffset..], Version);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(received[VersionOffset..]);
        _hasMet = true;
        return new GreetingStep(
            InitBytes, InitBytes,
            Mistake: version == Version ? null
                : $"speaks version {version} of vpnkit's protocol; {Version} is spoken here");
    }

    private GreetingStep Obey(ReadOnlySpan<byte> received, Span<byte> answer)
    {
        answer = answer[..ResponseBytes];
        answer.Clear();
        byte command = received[0];
        if (command is not (Ethernet or PreferredIPv4))
        {
            return Refuse($"Unsupported command {command}", answer);
        }

        ReadOnlySpan<byte> uuid = received.Slice(UuidOffset, UuidBytes);
        bool isNameless = !uuid.ContainsAnyExcept((byte)0);
        MacAddress mac = MacOf(isNameless ? RandomNumberGenerator.GetBytes(UuidBytes) : uuid);
        if (command == PreferredIPv4)
        {
            IpAddress wanted = IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32LittleEndian(
                received[(UuidOffset + UuidBytes)..]));
            if (reserve(mac, wanted) is string refusal)
            {
                return Refuse(refusal, answer);
            }
        }

        answer[0] = Vif;
        BinaryPrimitives.WriteUInt16LittleEndian(answer[1..], (ushort)mtuBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(
            answer[3..], (ushort)Math.Min(mtuBytes + FrameOverheadBytes, ushort.MaxValue));
        mac.Write(answer[5..]);
        return new GreetingStep(CommandBytes, ResponseBytes, IsDone: true);
    }

    private static GreetingStep Refuse(string why, Span<byte> answer)
    {
        answer[0] = Disconnect;
        answer[1] = (byte)Encoding.ASCII.GetBytes(why.AsSpan(), answer[2..]);
        return new GreetingStep(
            CommandBytes, ResponseBytes, Mistake: $"was refused ({why})");
    }
}
