namespace Slipway.Linux.Tests;

/// <summary>Children and limits.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("kill -TERM $$", ChildProcess.SignalledBase + 15)]
    public void Wait_ForAChild_GivesItsStatusAsAShellDoes(string command, int status)
    {
        Assert.Equal(0, ChildProcess.Start("/bin/sh", ["sh", "-c", command], out int child));
        Assert.Equal(status, ChildProcess.Wait(child));
    }

    [Fact]
    public void Start_OfAFileThatIsNone_SaysSo() =>
        Assert.Equal(Errno.ENOENT, ChildProcess.Start("/nonexistent/program", ["program"], out _));

    [Fact]
    public void DescriptorLimit_SetToWhatItIs_Stays()
    {
        (ulong soft, ulong hard) = CurrentProcess.DescriptorLimit;
        Assert.InRange(soft, 1ul, hard);
        Assert.True(CurrentProcess.SetDescriptorLimit(soft));
        Assert.Equal((soft, hard), CurrentProcess.DescriptorLimit);
    }

    [Fact]
    public void EnterNetwork_OfAPathThatIsNone_SaysSo() =>
        Assert.Equal(-Errno.ENOENT, Namespaces.EnterNetwork("/nonexistent/netns"));
}
