using System.Text;

namespace Slipway.Control.Tests;

/// <summary>What a guest's Docker engine says happens, on its way to a client.</summary>
public sealed class EventLinesTests
{
    private const string Ours = "{\"Actor\":{\"Attributes\":{\"dev.slipway.ports\":\"x\"}}}\n";

    [Theory]
    [InlineData("{\"Actor\":\"dev.slipway.ports\"}\n")]
    [InlineData("[\"dev.slipway.ports\"]\n")]
    [InlineData("{\"Actor\":{\"a\u0080\":{\"dev.slipway.ports\":\"x\"}}}\n")]
    [InlineData("{\"Actor\":{\"a\":1,\"a\":\"dev.slipway.ports\"}}\n")]
    [InlineData("dev.slipway.ports\n")]
    public void Line_ThatIsNoEvent_IsPassedOnAndThoseBehindItAreShown(string odd)
    {
        // Latin-1 makes of U+0080 a byte that is no UTF-8: found by the fuzz target docker.
        EventLines events = new();
        events.Arrived.Add(Encoding.Latin1.GetBytes(odd + Ours));

        string chunk = Encoding.Latin1.GetString(events.TakeChunk(isEnd: false));

        Assert.Contains(odd, chunk, StringComparison.Ordinal);
        Assert.EndsWith(
            "{\"Actor\":{\"Attributes\":{}}}\n\r\n", chunk, StringComparison.Ordinal);
    }
}
