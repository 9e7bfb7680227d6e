using Slipway.Stack;

namespace Slipway.Host;

/// <summary>A stream that is open before there is a flow for it.</summary>
internal interface IAdoptableStream : IHostStream
{
    /// <summary>Another worker has it from here on; nobody may watch it.</summary>
    void MoveTo(Reactor reactor);

    /// <summary>Its readiness is told from here on, beginning with what is ready already.</summary>
    void Adopt(IReadinessOwner owner);
}
