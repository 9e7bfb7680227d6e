using Slipway.Stack;

namespace Slipway.Services.Tests;

/// <summary>What blocks is shared by guests: the threads of PAC files.</summary>
public sealed class GuestGateTests
{
    private const int Hanging = 1;
    private const int Quiet = 2;

    [Fact]
    public async Task Guest_WhosePlacesNeverEnd_LeavesAnotherItsOwn()
    {
        GuestGate gate = new(most: 4, mostOfAGuest: 2);
        Task[] hanging = [.. Enumerable.Range(0, 100).Select(_ => gate.EnterAsync(Hanging))];
        Assert.Equal(2, hanging.Count(one => one.IsCompleted));
        for (int i = 0; i < 10; i++)
        {
            Task one = gate.EnterAsync(Quiet);
            Assert.True(one.IsCompletedSuccessfully);
            await one;
            gate.Leave(Quiet);
        }
    }

    [Fact]
    public async Task Place_ThatIsLeft_IsTheNextsOfWhoWaitsBelowItsShare()
    {
        GuestGate gate = new(most: 2, mostOfAGuest: 1);
        await gate.EnterAsync(Hanging);
        Task second = gate.EnterAsync(Hanging);
        await gate.EnterAsync(Quiet);
        Task third = gate.EnterAsync(Quiet);
        gate.Leave(Quiet);
        await third.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(second.IsCompleted);
        gate.Leave(Hanging);
        await second.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Quota_GuestWithManyPlaces_IsCountedByItsLinkAndRefused()
    {
        GuestQuota quota = new("streams", 10, 4);
        Assert.Equal(4, Enumerable.Range(0, 20).Count(_ => quota.TryEnter(Hanging)));
        Assert.Equal(6 - 2, Enumerable.Range(0, 4).Count(_ => quota.TryEnter(Quiet)));
        Assert.Equal(2, Enumerable.Range(0, 4).Count(_ => quota.TryEnter(3)));
        Assert.Equal(new BoundReport("streams", 10, 10, 2, 16), quota.Report());
        quota.Leave(Hanging);
        Assert.True(quota.TryEnter(Hanging));
    }
}
