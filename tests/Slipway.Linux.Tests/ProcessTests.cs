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

    [Fact]
    public void Start_WithDescriptorsAndVariables_GivesTheChildTheseAndNoOthers()
    {
        Assert.Equal(0, DescriptorChannel.OpenStream(out int near, out int far));
        Assert.Equal(0, DescriptorChannel.Open(out int other, out int unused));

        // far's own number may be 4, and the other's 3.
        const string check = "read -r line <&3; [ \"$line$A$HOME\" = xy ] && [ -e /dev/fd/4 ]";
        Assert.Equal(0, ChildProcess.Start(
            "/bin/sh", ["sh", "-c", check], ["A=y"], [far, other], out int child));
        Assert.Equal(0, PacketChannel.Send(near, "x\n"u8));
        Assert.Equal(0, ChildProcess.Wait(child));
        foreach (int one in (int[])[near, far, other, unused])
        {
            DescriptorChannel.Close(one);
        }
    }

    [Fact]
    public void PacketChannel_MessageThatDoesNotFit_TellsItsLength()
    {
        Assert.Equal(0, DescriptorChannel.Open(out int near, out int far));
        Assert.Equal(0, PacketChannel.Send(near, new byte[10]));
        Assert.Equal(10, PacketChannel.Receive(far, new byte[4]));
        DescriptorChannel.Close(near);
        Assert.Equal(0, PacketChannel.Receive(far, new byte[4]));
        Assert.Equal(-Errno.EPIPE, PacketChannel.Send(far, new byte[1]));
        DescriptorChannel.Close(far);
    }

    [Fact]
    public void AwaitReadable_OfWhatHasComeOrNot_TellsThemApart()
    {
        Assert.Equal(0, DescriptorChannel.Open(out int near, out int far));
        Assert.False(Files.AwaitReadable(far, 0));
        Assert.Equal(0, PacketChannel.Send(near, new byte[1]));
        Assert.True(Files.AwaitReadable(far, 60_000));
        DescriptorChannel.Close(near);
        DescriptorChannel.Close(far);
    }
}
