namespace Slipway.Wire;

/// <summary>The control bits of a TCP segment (RFC 9293 section 3.1).</summary>
[Flags]
public enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Push = 8,
    Acknowledgment = 16,
    Urgent = 32,
    Ece = 64,
    Cwr = 128,
}
