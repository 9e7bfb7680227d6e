using Slipway.SystemTests.Harness;

namespace Slipway.SystemTests;

/// <summary>
/// Segments by hand against the engine: the exact answers that RFC 9293, 5961, 6298, 7323 and 2018
/// ask for. What each check does stands in tools/segments.
/// </summary>
[Collection(SiteCollection.Name)]
public sealed class SegmentTests(SegmentResults results) : IClassFixture<SegmentResults>
{
    private static readonly string[] Checks =
    [
        "bad_checksum", "small_mss_kept", "no_mss_means_536", "hostile_options",
        "window_respected", "scaled_window_respected", "zero_window_probed",
        "window_closes_and_opens", "synack_retransmitted", "repeated_syn_is_one_connection",
        "retransmits", "fast_retransmit", "fin_retransmitted", "sack_is_used", "sack_is_sent",
        "timestamps_echoed", "path_mtu_obeyed", "out_of_order", "overlap", "duplicate",
        "many_holes", "keepalive_answered", "rst_exact", "rst_in_window", "rst_out_of_window",
        "syn_on_established", "ack_beyond_sent", "ack_to_nothing_gets_rst", "half_close",
        "simultaneous_close", "fin_out_of_order", "late_data_after_close_gets_rst",
        "urgent_inline", "data_in_syn_is_safe", "initial_numbers_have_no_step",
    ];

    public static TheoryData<string> Names => [.. Checks];

    [SystemTheory]
    [MemberData(nameof(Names))]
    public void Segments_ByHand_AreAnsweredAsLinuxDoes(string check) =>
        Assert.Equal("", (string?)results.All[check]);

    [SystemFact]
    public void Segments_EveryCheckOfTheTool_HasItsTest() =>
        Assert.Equal(
            Checks.Order(StringComparer.Ordinal),
            results.All.Select(pair => pair.Key).Order(StringComparer.Ordinal));
}
