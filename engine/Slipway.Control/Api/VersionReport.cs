namespace Slipway.Control;

/// <summary>What answers.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Api">Of these paths: /v1 has 1.</param>
/// <param name="ProcessId">Whose control socket this is.</param>
public sealed record VersionReport(string Version, int Api, int ProcessId);
