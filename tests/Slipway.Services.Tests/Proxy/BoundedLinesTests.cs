namespace Slipway.Services.Tests.Proxy;

public sealed class BoundedLinesTests
{
    [Fact]
    public void Write_MoreThanASecondTakes_IsCountedAndToldLater()
    {
        ManualTime time = new();
        List<string> written = [];
        BoundedLines lines = new(written.Add, time);
        for (int i = 0; i < BoundedLines.MostLines + 5; i++)
        {
            lines.Write($"{i}");
        }

        Assert.Equal(BoundedLines.MostLines, written.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        lines.Write("next");
        lines.Write("last");
        Assert.Equal(["next (5 lines more before it)", "last"], written[^2..]);
    }
}
