using Slipway.Control;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>The control socket of an engine that a command runs.</summary>
internal static class EngineControl
{
    /// <summary>Listens where the configuration says; null when that is nowhere.</summary>
    /// <exception cref="ConfigurationException">The place that was named cannot be
    /// had.</exception>
    public static IDisposable? Start(
        NetworkEngine engine, EngineConfiguration configuration, IEngineLog log)
    {
        ControlSpecification specification = configuration.Control;
        if (specification.IsOff)
        {
            return null;
        }

        try
        {
            if (specification.Port is IpEndpoint port)
            {
                return StartPort(engine, port, specification.TokenFile, log);
            }

            return ControlServer.Start(
                engine, ControlPath.Of(specification), ProgramVersion.Text, log);
        }
        catch (UnixSocketException e) when (
            specification.Path is not null || specification.Port is not null)
        {
            throw new ConfigurationException(
                "--control", specification.Path is string path ? $"unix:{path}"
                    : $"tcp:{specification.Port}", e.Message, e);
        }
        catch (UnixSocketException e)
        {
            // Nobody asked for it: guests are served without.
            log.Write(LogLevel.Warning, $"there is no control socket: {e.Message}");
            return null;
        }
    }

    private static TcpControlServer StartPort(
        NetworkEngine engine, IpEndpoint port, string? tokenFile, IEngineLog log)
    {
        if (tokenFile is null)
        {
            ControlPath.Default.MakeFolder();
        }

        string file = tokenFile ?? ControlPath.DefaultTokenFile;
        TcpControlServer server = TcpControlServer.Start(
            engine, port, ControlToken.LoadOrCreate(file), ProgramVersion.Text, log);
        log.Write(
            LogLevel.Information, $"asked and told at tcp:{server.Place}, token in {file}");
        return server;
    }
}
