namespace Slipway.Stack;

/// <summary>Where there are several workers: whose packet it is.</summary>
public interface IPacketSteering
{
    /// <summary>
    /// Gives a whole, checked packet to the worker that its flow belongs to; false when that is
    /// this one.
    /// </summary>
    bool TryPass(in GuestPacket packet);
}
