using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// Changes those keys of a running engine that can change: all of them, or none.
/// </summary>
internal sealed class LiveChange(NetworkEngine engine, EngineConfiguration wanted)
{
    private readonly Stack<Action> _undo = [];

    /// <summary>Once.</summary>
    /// <param name="keys">The keys that differ; the log's level is not among them.</param>
    /// <exception cref="ConfigurationException">One cannot be had; nothing has
    /// changed.</exception>
    public void Apply(IReadOnlySet<string> keys)
    {
        EngineConfiguration now = engine.Configuration;
        try
        {
            if (keys.Contains(ConfigurationKey.DnsRecords))
            {
                engine.ConfigureDnsRecords(wanted.DnsRecords);
                _undo.Push(() => engine.ConfigureDnsRecords(now.DnsRecords));
            }

            if (keys.Contains(ConfigurationKey.DnsZones))
            {
                engine.ConfigureDnsZones(wanted.DnsZones);
                _undo.Push(() => engine.ConfigureDnsZones(now.DnsZones));
            }

            if (keys.Contains(ConfigurationKey.Proxy))
            {
                engine.ConfigureProxy(wanted.ProxyUpstream.Configured);
                _undo.Push(() => engine.ConfigureProxy(now.ProxyUpstream.Configured));
            }

            if (keys.Contains(ConfigurationKey.Services))
            {
                ServiceSpecification[] before =
                    [.. engine.Services.Select(service => service.Specification)];
                engine.SetServices(wanted.Services);
                _undo.Push(() => engine.SetServices(before));
            }

            if (keys.Contains(ConfigurationKey.Publish))
            {
                new PublishChange(engine).Apply(wanted.Publish);
            }
        }
        catch (ConfigurationException)
        {
            Undo();
            throw;
        }
    }

    private void Undo()
    {
        while (_undo.TryPop(out Action? step))
        {
            try
            {
                step();
            }
            catch (ConfigurationException e)
            {
                engine.Log.Write(
                    LogLevel.Error, $"what was changed cannot be had again: {e.Message}");
            }
        }
    }
}
