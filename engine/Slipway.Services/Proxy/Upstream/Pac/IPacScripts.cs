namespace Slipway.Services;

/// <summary>Where PAC files' programs run: in this process or in one beside it.</summary>
internal interface IPacScripts
{
    /// <summary>Makes a program of a text.</summary>
    /// <exception cref="PacException">It is none.</exception>
    Task<IPacScript> ReadAsync(string text);
}
