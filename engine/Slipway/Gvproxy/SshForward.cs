using System.Diagnostics;
using System.Globalization;
using Slipway.Engine;

namespace Slipway;

/// <summary>
/// Keeps an ssh(1) running that listens on a socket of the host and carries its clients to one of
/// the guest: the guest is ready for it some time after it has started, and may reboot.
/// </summary>
internal sealed class SshForward : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SshForwardSettings _settings;
    private readonly int _port;
    private readonly IEngineLog _log;
    private readonly Task _running;

    /// <param name="settings">What leads where.</param>
    /// <param name="port">Of the host's loopback, which leads to the guest's sshd.</param>
    /// <param name="log">Told what goes wrong.</param>
    public SshForward(SshForwardSettings settings, int port, IEngineLog log)
    {
        _settings = settings;
        _port = port;
        _log = log;
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _running.GetAwaiter().GetResult();
        if (SshForwardSettings.IsSocket(_settings.Socket))
        {
            File.Delete(_settings.Socket);
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        string? said = null;
        while (!_stopping.IsCancellationRequested)
        {
            string why = await RunOnceAsync().ConfigureAwait(false);
            if (why != said && !_stopping.IsCancellationRequested)
            {
                said = why;
                _log.Write(
                    LogLevel.Information,
                    $"-forward-sock {_settings.Socket}: ssh ended ({why}); it is tried again");
            }

            await Task.Delay(s_pause, _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string> RunOnceAsync()
    {
        try
        {
            using Process ssh = Process.Start(new ProcessStartInfo("ssh", Arguments())
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            })!;
            ssh.StandardInput.Close();
            Task<string> errors = ssh.StandardError.ReadToEndAsync(CancellationToken.None);
            await ssh.WaitForExitAsync(_stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ssh.HasExited)
            {
                ssh.Kill();
                await ssh.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }

            string text = await errors.ConfigureAwait(false);
            return text.Trim().Split('\n')[^1].Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"ssh cannot be started: {e.Message}";
        }
    }

    // The guest is known by the key that it takes; its own is made anew with each image.
    private string[] Arguments() =>
    [
        "-N", "-T", "-F", "none", "-i", _settings.Identity,
        "-p", _port.ToString(CultureInfo.InvariantCulture),
        "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10",
        "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3",
        "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes",
        "-o", "StreamLocalBindMask=0177",
        "-L", $"{_settings.Socket}:{_settings.Destination}", $"{_settings.User}@127.0.0.1",
    ];
}
