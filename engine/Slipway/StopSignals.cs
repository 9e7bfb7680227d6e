using System.Runtime.InteropServices;
using Slipway.Engine;

namespace Slipway;

/// <summary>
/// SIGTERM, SIGINT and SIGHUP end an engine: open connections have a while to end themselves, and
/// none at the second signal.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(NetworkEngine engine, IEngineLog log)
    {
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            engine.Drain(engine.Configuration.DrainTime);
            ReadySignal.Notify("STOPPING=1", log);
        }

        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop),
        ];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
