using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The answers: identifiers, status and options.</summary>
public sealed partial class Dhcp6Server
{
    private Dhcp6MessageWriter Begin(in Call call, Dhcp6MessageType type, Span<byte> reply)
    {
        Dhcp6MessageWriter writer = new(reply, type, call.Message.TransactionId);
        writer.Add(Dhcp6Option.ServerIdentifier, _identifier);
        if (!call.Client.IsEmpty)
        {
            writer.Add(Dhcp6Option.ClientIdentifier, call.Client);
        }

        return writer;
    }

    private int Finish(in Dhcp6MessageWriter writer)
    {
        Counters.OptionsOmitted += writer.OmittedCount;
        return writer.LengthBytes;
    }

    private int WriteStatus(
        in Call call, Dhcp6StatusCode status, ReadOnlySpan<byte> message, Span<byte> reply)
    {
        Dhcp6MessageWriter writer = Begin(call, Dhcp6MessageType.Reply, reply);
        writer.AddStatus(status, message);
        return Finish(writer);
    }

    /// <summary>
    /// What the client asks for (option 6); the two of DNS if it does not say.
    /// </summary>
    private void AddParameters(ref Dhcp6MessageWriter writer, in Call call, Lease? lease)
    {
        Dhcp6Message message = call.Message;
        bool isUsual = !message.Has(Dhcp6Option.OptionRequest);
        if (isUsual || message.Asks(Dhcp6Option.DnsServers))
        {
            writer.Add(Dhcp6Option.DnsServers, _dnsOption);
        }

        if (_searchOption.Length > 0 && (isUsual || message.Asks(Dhcp6Option.DomainList)))
        {
            writer.Add(Dhcp6Option.DomainList, _searchOption);
        }

        // Section 21.23: with options alone, and nowhere else.
        if (message.MessageType == Dhcp6MessageType.InformationRequest)
        {
            AddSeconds(
                ref writer, message, Dhcp6Option.InformationRefreshTime,
                _settings.InformationRefreshTime);
        }

        AddSeconds(ref writer, message, Dhcp6Option.SolicitMaxPause, _settings.MaxPause);
        AddSeconds(ref writer, message, Dhcp6Option.InformationMaxPause, _settings.MaxPause);
        if (lease?.HostName is string name && message.Asks(Dhcp6Option.ClientName))
        {
            AddName(ref writer, message, name);
        }
    }

    private static void AddSeconds(
        ref Dhcp6MessageWriter writer, in Dhcp6Message message, Dhcp6Option option, TimeSpan time)
    {
        if (message.Asks(option))
        {
            writer.Add(option, (uint)time.TotalSeconds);
        }
    }

    /// <summary>
    /// RFC 4704 section 6: the whole name, to a client that sent and asked for the option. The
    /// server answers for it in DNS whatever the client says of that.
    /// </summary>
    private void AddName(
        ref Dhcp6MessageWriter writer, in Dhcp6Message message, string label)
    {
        if (!message.TryGetOption(Dhcp6Option.ClientName, out ReadOnlySpan<byte> value)
            || Dhcp6ClientName.TryParse(value, out Dhcp6ClientName sent) != ParseError.None)
        {
            return;
        }

        const int LabelOffset = 2;
        Span<byte> option = stackalloc byte[1 + DomainName.MaxLengthBytes];
        int lengthBytes = LabelOffset + label.Length + _zone.Length;
        if (lengthBytes > option.Length)
        {
            return;
        }

        bool isServers = (sent.Flags & Dhcp6ClientName.ServerUpdates) != 0;
        option[0] = isServers ? Dhcp6ClientName.ServerUpdates
            : (byte)(Dhcp6ClientName.ServerUpdates | Dhcp6ClientName.Overridden);
        option[1] = (byte)label.Length;
        Encoding.ASCII.GetBytes(label, option[LabelOffset..]);
        _zone.CopyTo(option[(LabelOffset + label.Length)..]);
        writer.Add(Dhcp6Option.ClientName, option[..lengthBytes]);
    }
}
