using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Where datagrams of a guest go.</summary>
/// <param name="Host">The host's address for it, and the port.</param>
/// <param name="Guest">The address by which the guest knows it, also in answers.</param>
internal sealed record DatagramWay(IPEndPoint Host, IpAddress Guest);
