namespace Slipway.Services;

/// <summary>Answers for names by getaddrinfo.</summary>
internal sealed class NameService : ResolverService
{
    private readonly AddressLookup _lookup;

    public NameService(int channel, Action onStuck)
        : base(channel)
    {
        DnsSettings limits = new();
        _lookup = new AddressLookup(
            limits.MaxLookups, limits.MaxOutstanding, find: null, onStuck);
    }

    protected override void Dispose(bool isDisposing)
    {
        _lookup.Dispose();
        base.Dispose(isDisposing);
    }

    private protected override bool TryTake(in ResolverMessage message)
    {
        if (message.Kind != ResolverMessageKind.Find)
        {
            return false;
        }

        _ = FindAsync(message.Id, FindRequest.Read(message));
        return true;
    }

    private async Task FindAsync(uint id, FindRequest request)
    {
        LocalName? found = await _lookup.FindAsync(
            request.Name, request.IPv4, request.Link,
            TimeSpan.FromMilliseconds(request.DeadlineMs), CancellationToken.None)
            .ConfigureAwait(false);
        ResolverCode code = found is null ? ResolverCode.NoAnswer
            : found.Exists ? ResolverCode.Done : ResolverCode.NoName;
        Send(ResolverMessage.Write(
            ResolverMessageKind.Found, (byte)code, id,
            code == ResolverCode.Done ? found!.Addresses : []));
    }
}
