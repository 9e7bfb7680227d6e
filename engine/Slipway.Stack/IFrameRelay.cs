namespace Slipway.Stack;

/// <summary>Takes the frames that a shard has received and that are not its own.</summary>
public interface IFrameRelay
{
    /// <summary>Hands a frame to the worker that keeps the switch.</summary>
    void PassToKeeper(IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload);

    /// <summary>Hands a frame of a believed guest to the worker of its flow.</summary>
    void PassToShard(
        int worker, IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload);
}
