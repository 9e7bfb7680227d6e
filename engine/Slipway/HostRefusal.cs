namespace Slipway;

/// <summary>
/// The host lacks or forbids something that is needed, although it was told right. The message says
/// what, and what to install or set.
/// </summary>
internal sealed class HostRefusal(string message) : Exception(message);
