using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Whose connection to the gateway's pages a request came on.</summary>
/// <param name="Guest">The guest's address.</param>
/// <param name="Link">The number of its link, which is who it is.</param>
internal sealed record GuestPageFeature(IpAddress Guest, int Link);
