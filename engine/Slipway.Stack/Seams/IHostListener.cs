using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A listening TCP socket at the host, for a published port.</summary>
public interface IHostListener
{
    IpEndpoint LocalEndpoint { get; }

    /// <summary>Takes one pending connection; WouldBlock when there is none.</summary>
    HostError Accept(out IHostStream? stream, out IpEndpoint client);

    void Close();
}
