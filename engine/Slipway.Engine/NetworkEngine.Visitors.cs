using Slipway.Links;
using Slipway.Linux;

namespace Slipway.Engine;

/// <summary>
/// Guests that come by a socket which the control API has accepted, and pages for guests.
/// </summary>
public sealed partial class NetworkEngine
{
    private readonly GuestPagePort? _pages;
    // By what they speak; theirs who take turns.
    private readonly Dictionary<LinkFraming, StreamLink> _visitors = [];

    /// <summary>Makes a connected socket a guest's link.</summary>
    /// <param name="descriptor">The engine's from here on, whatever comes of it.</param>
    /// <param name="framing">What is spoken on it, a greeting included.</param>
    /// <exception cref="ConfigurationException">The MTU does not fit the lengths.</exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public void AdmitGuest(int descriptor, LinkFraming framing)
    {
        bool isGiven = false;
        try
        {
            Invoke(now =>
            {
                if (!_visitors.TryGetValue(framing, out StreamLink? link))
                {
                    link = StreamLink.ForGiven(
                        ProtocolOf(framing), $"{framing} sockets that connect",
                        _configuration.MtuBytes,
                        message => _log.Write(LogLevel.Warning, message));
                    _keeper.Attach(link, now);
                    _visitors.Add(framing, link);
                }

                isGiven = true;
                link.Give(descriptor, now);
            });
        }
        catch (LinkException e)
        {
            throw new ConfigurationException("/connect", null, e.Message, e);
        }
        finally
        {
            if (!isGiven)
            {
                Files.Close(descriptor);
            }
        }
    }

    private GuestPagePort? MakePages(EngineEnvironment environment) =>
        environment.GuestPages is Func<NetworkEngine, IGuestPages> make
            && _configuration.GuestControl != GuestControl.Off
            ? new GuestPagePort(() => make(this)) : null;
}
