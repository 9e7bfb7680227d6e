using System.Diagnostics.CodeAnalysis;

namespace Slipway.Abi;

/// <summary>
/// A call that cannot be done: what it returns, and what slipway_last_error says.
/// </summary>
internal sealed class AbiException(Status status, string message) : Exception(message)
{
    public Status Status { get; } = status;

    [DoesNotReturn]
    public static void Throw(Status status, string message) =>
        throw new AbiException(status, message);
}
