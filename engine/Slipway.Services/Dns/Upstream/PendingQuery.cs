namespace Slipway.Services;

/// <summary>A query that was sent and waits.</summary>
/// <param name="query">As the guest asked it.</param>
/// <param name="sent">Its bytes as they were sent, but for the id.</param>
internal sealed class PendingQuery(UpstreamQuery query, byte[] sent)
{
    public UpstreamQuery Query { get; } = query;

    /// <summary>Its name went out in a case of its own.</summary>
    public bool IsMixed => !ReferenceEquals(Sent, Query.Bytes);

    public byte[] Sent { get; } = sent;

    public ushort Id { get; set; }

    /// <summary>An answer came that told the name in another case; it is not taken.</summary>
    public bool IsFolded { get; set; }

    /// <summary>The response, or null when the server refused the query.</summary>
    public TaskCompletionSource<byte[]?> Answer { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
