using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A name whose addresses a process looks up.</summary>
internal sealed class PendingFind(bool ipv4) : PendingQuestion
{
    private readonly TaskCompletionSource<LocalName?> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The addresses; null where nobody could say.</summary>
    public Task<LocalName?> Answer => _answer.Task;

    public override bool TryTake(in ResolverMessage message, out bool isLast)
    {
        isLast = true;
        if (message.Kind != ResolverMessageKind.Found)
        {
            return false;
        }

        bool hasAddresses = message.Code == (byte)ResolverCode.Done;
        if (!hasAddresses && !message.Body.IsEmpty)
        {
            return false;
        }

        switch ((ResolverCode)message.Code)
        {
            case ResolverCode.Done:
                return TryTakeAddresses(message.ReadAddresses());
            case ResolverCode.NoName:
                _answer.TrySetResult(LocalName.Nonexistent);
                return true;
            case ResolverCode.NoAnswer:
                _answer.TrySetResult(null);
                return true;
            default:
                return false;
        }
    }

    public override void Fail() => _answer.TrySetResult(null);

    private bool TryTakeAddresses(IpAddress[] addresses)
    {
        foreach (IpAddress address in addresses)
        {
            if (address.IsIPv4 != ipv4)
            {
                return false;
            }
        }

        _answer.TrySetResult(new LocalName(addresses, null, HostResolver.LookupTtlSeconds));
        return true;
    }
}
