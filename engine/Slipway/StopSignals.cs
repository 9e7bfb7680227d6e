using System.Runtime.InteropServices;
using Slipway.Engine;

namespace Slipway;

/// <summary>SIGTERM, SIGINT and SIGHUP stop an engine.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(NetworkEngine engine)
    {
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            engine.Stop();
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
