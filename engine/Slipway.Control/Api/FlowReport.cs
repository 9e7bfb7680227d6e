namespace Slipway.Control;

/// <summary>A flow, as the API tells it.</summary>
/// <param name="Protocol">"tcp" or "udp".</param>
/// <param name="Guest">The guest's end.</param>
/// <param name="Remote">The other end, as the guest names it.</param>
/// <param name="State">Of a TCP connection, in RFC 9293's words; null for datagrams.</param>
/// <param name="Id">By which DELETE /v1/flows/ID ends it.</param>
/// <param name="Name">By what name guests found the other end last; null for none.</param>
public sealed record FlowReport(
    string Protocol, string Guest, string Remote, string? State, string Id, string? Name = null);
