namespace Slipway.Engine;

/// <summary>The stages of a turn, in its order.</summary>
internal enum TurnStage
{
    /// <summary>Nothing to do: asleep in the kernel.</summary>
    Wait,

    /// <summary>Commands from other threads.</summary>
    Commands,

    /// <summary>Ready links: frames in, and all that they bring about.</summary>
    Links,

    /// <summary>Ready host sockets and listeners, and all that they bring about.</summary>
    Host,

    /// <summary>
    /// Timers that were due, and what flows have to say: payload from host sockets into frames.
    /// </summary>
    Timers,

    /// <summary>Frames handed to the links.</summary>
    Flush,
}
