namespace Slipway.Stack;

/// <summary>A flow in a list of them.</summary>
/// <param name="Key">Who talks to whom.</param>
/// <param name="State">Of a TCP connection; null for datagrams.</param>
public readonly record struct FlowEntry(FlowKey Key, TcpState? State);
