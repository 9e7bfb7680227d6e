using Slipway.Links;
using Slipway.Linux;

namespace Slipway.Engine;

/// <summary>
/// Guests that come by a socket which the control API has accepted, and pages for guests.
/// </summary>
public sealed partial class NetworkEngine
{
    private readonly GuestPagePort? _pages;
    private StreamLink? _visitors;

    /// <summary>
    /// Makes a connected socket a guest's link: POST /connect is still to be read from it, then
    /// come frames, each behind a u16 little-endian length.
    /// </summary>
    /// <param name="descriptor">The engine's from here on, whatever comes of it.</param>
    /// <exception cref="ConfigurationException">The MTU does not fit the lengths.</exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public void AdmitGuest(int descriptor)
    {
        bool isGiven = false;
        try
        {
            Invoke(now =>
            {
                if (_visitors is null)
                {
                    StreamLink link = StreamLink.ForGiven(
                        StreamProtocol.Connect, "POST /connect", _configuration.MtuBytes,
                        message => _log.Write(LogLevel.Warning, message));
                    _keeper.Attach(link, now);
                    _visitors = link;
                }

                isGiven = true;
                _visitors.Give(descriptor, now);
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
