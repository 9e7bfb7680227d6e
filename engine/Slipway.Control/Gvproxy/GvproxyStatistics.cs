using System.Text.Json;
using Slipway.Engine;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// The engine's counters under the names that gvproxy's stack has for them. What this engine does
/// not count, or has no such thing of, is 0.
/// </summary>
internal static class GvproxyStatistics
{
    private static readonly string[] s_arp =
    [
        "DisabledPacketsReceived", "MalformedPacketsReceived",
        "OutgoingRepliesDropped", "OutgoingRepliesSent",
        "OutgoingRequestBadLocalAddressErrors", "OutgoingRequestInterfaceHasNoLocalAddressErrors",
        "OutgoingRequestsDropped", "OutgoingRequestsSent", "PacketsReceived", "RepliesReceived",
        "RequestsReceived", "RequestsReceivedUnknownTargetAddress",
    ];

    private static readonly string[] s_ip =
    [
        "DisabledPacketsReceived", "IPTablesForwardDropped", "IPTablesInputDropped",
        "IPTablesOutputDropped", "IPTablesPostroutingDropped", "IPTablesPreroutingDropped",
        "InvalidDestinationAddressesReceived", "InvalidSourceAddressesReceived",
        "MalformedFragmentsReceived", "MalformedPacketsReceived", "OptionRecordRouteReceived",
        "OptionRouterAlertReceived", "OptionTimestampReceived", "OptionUnknownReceived",
        "OutgoingPacketErrors", "PacketsDelivered", "PacketsReceived", "PacketsSent",
        "ValidPacketsReceived",
    ];

    private static readonly string[] s_tcp =
    [
        "ActiveConnectionOpenings", "ChecksumErrors", "CurrentConnected", "CurrentEstablished",
        "EstablishedClosed", "EstablishedResets", "EstablishedTimedout",
        "FailedConnectionAttempts", "FailedPortReservations", "FastRecovery", "FastRetransmit",
        "ForwardMaxInFlightDrop", "InvalidSegmentsReceived", "ListenOverflowAckDrop",
        "ListenOverflowInvalidSynCookieRcvd", "ListenOverflowSynCookieRcvd",
        "ListenOverflowSynCookieSent", "ListenOverflowSynDrop", "PassiveConnectionOpenings",
        "ResetsReceived", "ResetsSent", "Retransmits", "SACKRecovery", "SegmentSendErrors",
        "SegmentsAckedWithDSACK", "SegmentsSent", "SlowStartRetransmits", "SpuriousRTORecovery",
        "SpuriousRecovery", "TLPRecovery", "Timeouts", "ValidSegmentsReceived",
    ];

    private static readonly string[] s_udp =
    [
        "ChecksumErrors", "MalformedPacketsReceived", "PacketSendErrors", "PacketsReceived",
        "PacketsSent", "ReceiveBufferErrors", "UnknownPortErrors",
    ];

    private static readonly string[] s_icmpSent =
        ["EchoRequest", "EchoReply", "DstUnreachable", "TimeExceeded", "Dropped", "RateLimited"];

    private static readonly string[] s_icmpReceived =
        ["EchoRequest", "EchoReply", "DstUnreachable", "TimeExceeded", "Invalid"];

    private static readonly string[] s_igmp =
        ["LeaveGroup", "MembershipQuery", "V1MembershipReport", "V2MembershipReport"];

    private static readonly Dictionary<string, long> s_none = [];

    public static void Write(Utf8JsonWriter json, NetworkEngine engine)
    {
        Counters counters = engine.Counters;
        IReadOnlyList<FlowEntry> flows = engine.ListFlows();
        json.WriteStartObject();
        WriteGroup(json, "ARP", s_arp, s_none);
        json.WriteNumber("BytesReceived", counters.BytesReceived);
        json.WriteNumber("BytesSent", counters.BytesSent);
        json.WriteNumber("DroppedPackets", Sum(counters));
        WriteIcmp(json);
        json.WriteStartObject("IGMP");
        WriteGroup(json, "PacketsReceived", s_igmp, s_none);
        WriteGroup(json, "PacketsSent", s_igmp, s_none);
        json.WriteEndObject();
        WriteGroup(json, "IP", s_ip, new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["MalformedPacketsReceived"] = SumMalformed(counters),
            ["PacketsReceived"] = counters.FramesReceived,
            ["PacketsSent"] = counters.FramesSent,
        });
        WriteInterfaces(json, counters);
        WriteGroup(json, "TCP", s_tcp, new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["ActiveConnectionOpenings"] = counters.TcpFlowsOpened,
            ["CurrentConnected"] = flows.Count(flow => flow.State is not null),
            ["CurrentEstablished"] = flows.Count(flow => flow.State == TcpState.Established),
            ["FailedConnectionAttempts"] = counters.TcpConnectsFailed,
            ["ResetsSent"] = counters.TcpResetsSent,
            ["Retransmits"] = counters.TcpSegmentsRetransmitted,
        });
        WriteGroup(json, "UDP", s_udp, s_none);
        json.WriteEndObject();
    }

    private static void WriteIcmp(Utf8JsonWriter json)
    {
        json.WriteStartObject("ICMP");
        foreach (string version in (string[])["V4", "V6"])
        {
            json.WriteStartObject(version);
            WriteGroup(json, "PacketsReceived", s_icmpReceived, s_none);
            WriteGroup(json, "PacketsSent", s_icmpSent, s_none);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter json, Counters counters)
    {
        json.WriteStartObject("NICs");
        WriteTraffic(json, "Rx", counters.FramesReceived, counters.BytesReceived);
        WriteTraffic(json, "Tx", counters.FramesSent, counters.BytesSent);
        json.WriteEndObject();
    }

    private static void WriteTraffic(Utf8JsonWriter json, string way, long frames, long bytes)
    {
        json.WriteStartObject(way);
        json.WriteNumber("Bytes", bytes);
        json.WriteNumber("Packets", frames);
        json.WriteEndObject();
    }

    private static void WriteGroup(
        Utf8JsonWriter json, string name, string[] keys, Dictionary<string, long> known)
    {
        json.WriteStartObject(name);
        foreach (string key in keys)
        {
            json.WriteNumber(key, known.GetValueOrDefault(key));
        }

        json.WriteEndObject();
    }

    private static long Sum(Counters counters) =>
        SumMalformed(counters) + Enum.GetValues<DropReason>().Sum(counters.Dropped);

    private static long SumMalformed(Counters counters) =>
        Enum.GetValues<ParseError>().Sum(counters.Malformeds);
}
