using Slipway.Control;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>The control socket of an engine that a command runs.</summary>
internal static class EngineControl
{
    /// <summary>Listens where the configuration says; null when that is nowhere.</summary>
    /// <exception cref="ConfigurationException">The place that was named cannot be
    /// had.</exception>
    public static ControlServer? Start(
        NetworkEngine engine, EngineConfiguration configuration, IEngineLog log)
    {
        ControlSpecification specification = configuration.Control;
        if (specification.IsOff)
        {
            return null;
        }

        try
        {
            return ControlServer.Start(
                engine, ControlPath.Of(specification), ProgramVersion.Text, log);
        }
        catch (UnixSocketException e) when (specification.Path is not null)
        {
            throw new ConfigurationException(
                "--control", $"unix:{specification.Path}", e.Message, e);
        }
        catch (UnixSocketException e)
        {
            // Nobody asked for it: guests are served without.
            log.Write(LogLevel.Warning, $"there is no control socket: {e.Message}");
            return null;
        }
    }
}
