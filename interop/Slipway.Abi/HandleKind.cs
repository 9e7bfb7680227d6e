namespace Slipway.Abi;

/// <summary>What a handle stands for.</summary>
internal enum HandleKind : byte
{
    Engine = 1,
    Port = 2,
    Capture = 3,
}
