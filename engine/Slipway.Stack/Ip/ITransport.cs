namespace Slipway.Stack;

/// <summary>A protocol above IP.</summary>
public interface ITransport
{
    /// <summary>Takes one packet of this protocol; it is valid during the call only.</summary>
    void Receive(in GuestPacket packet, Instant now);
}
