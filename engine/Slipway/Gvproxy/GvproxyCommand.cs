using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Control;
using Slipway.Engine;
using Slipway.Links;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// `slipway gvproxy`, and this program when it is called gvproxy: takes gvproxy's flags, so that
/// what starts gvproxy starts this engine.
/// </summary>
internal static class GvproxyCommand
{
    public const string Name = "gvproxy";

    public static int Run(string[] arguments)
    {
        try
        {
            GvproxyFlags flags = GvproxyFlags.Parse(arguments);
            if (flags.Is(GvproxyFlags.Help) || flags.Is("version"))
            {
                using Stream output = Console.OpenStandardOutput();
                output.Write(System.Text.Encoding.UTF8.GetBytes(
                    flags.Is("version") ? $"gvproxy version v0.8.8-slipway-{ProgramVersion.Text}\n"
                        : GvproxyFlags.Usage));
                return ExitStatus.Success;
            }

            Run(GvproxyOptions.Read(flags));
            return ExitStatus.Success;
        }
        catch (ConfigurationException e)
        {
            StandardError.Say(e.Message);
            return ExitStatus.Usage;
        }
        catch (Exception e) when (e is HostRefusal or UnixSocketException or IOException)
        {
            StandardError.Say(e.Message);
            return ExitStatus.Failure;
        }
    }

    private static void Run(GvproxyOptions options)
    {
        ConnectedNetworks.Read().Check(options.Configuration);
        EngineConfiguration configuration = SandboxEntry.Enter(
            options.Configuration with { DrainTime = TimeSpan.Zero }, GvproxyPaths.Of(options),
            SandboxEntry.DescriptorsOf(options.Configuration),
            startsPrograms: options.Forwards.Count > 0);
        _ = CurrentProcess.SetDescriptorLimit(CurrentProcess.DescriptorLimit.Hard);
        using LogFile? file = options.LogFile is string path
            ? new LogFile(path, configuration.LogLevel) : null;
        IEngineLog log = file is null ? new StandardErrorLog(configuration.LogLevel) : file;
        using GvproxyNotifier? notifier = options.Notification is string socket
            ? new GvproxyNotifier(socket, log) : null;
        try
        {
            using NetworkEngine engine = NetworkEngine.Create(
                configuration, log, ProgramEnvironment.Create());
            Serve(engine, options, notifier, log);
        }
        catch (Exception e) when (e is ConfigurationException or UnixSocketException)
        {
            notifier?.Tell("hypervisor_error");
            throw;
        }
    }

    private static void Serve(
        NetworkEngine engine, GvproxyOptions options, GvproxyNotifier? notifier, IEngineLog log)
    {
        List<IDisposable> owned = [];
        string? written = null; // who fails before leaves another one's file alone
        try
        {
            GivenGuests guests = Own(owned, new GivenGuests(engine, log));
            foreach (string path in options.Listen)
            {
                Own(owned, Listen(engine, path, takesGuests: true, log));
            }

            if (options.Services is string services)
            {
                Own(owned, Listen(engine, services, takesGuests: false, log));
            }

            if (options.Qemu is not null)
            {
                guests.Listen(options.Qemu);
            }

            Own(owned, new StopSignals(engine, log));
            Publish(engine, options, owned, log);
            FrameCapture? capture = Capture(engine, options.CaptureFile);
            WritePidFile(options.PidFile);
            written = options.PidFile;
            notifier?.Tell("ready");
            notifier?.Watch(engine);
            if (options.IsOnStandardInput)
            {
                guests.TakeStandardInput();
            }

            SandboxEntry.Close(options.Configuration, log);
            log.Write(LogLevel.Information, "ready");
            engine.Run();
            capture?.Dispose();
        }
        finally
        {
            owned.Reverse();
            owned.ForEach(one => one.Dispose());
            if (written is not null)
            {
                File.Delete(written);
            }
        }
    }

    private static ControlServer Listen(
        NetworkEngine engine, string path, bool takesGuests, IEngineLog log) =>
        ControlServer.Start(
            engine, new ControlPath(path, IsDefault: false), ProgramVersion.Text, log,
            takesGuests);

    private static void Publish(
        NetworkEngine engine, GvproxyOptions options, List<IDisposable> owned, IEngineLog log)
    {
        int? port = options.SshPort;
        if (port is null && options.Forwards.Count == 0)
        {
            return;
        }

        PublishedPort published = engine.PublishPort(PublishSpecification.Parse(
            "-ssh-port", string.Create(
                CultureInfo.InvariantCulture,
                $"127.0.0.1:{port ?? 0}:{options.Configuration.FirstGuest}:22")));
        foreach (SshForwardSettings forward in options.Forwards)
        {
            Own(owned, new SshForward(forward, published.Host.Port, log));
        }
    }

    private static FrameCapture? Capture(NetworkEngine engine, string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            using SafeFileHandle file = File.OpenHandle(
                path, FileMode.Create, FileAccess.Write, FileShare.Read);
            int descriptor = Files.Duplicate((int)file.DangerousGetHandle());
            return engine.StartCapture(descriptor, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                "-pcap", path, $"cannot be written ({e.Message}); name another file", e);
        }
    }

    private static void WritePidFile(string? path)
    {
        try
        {
            if (path is not null)
            {
                File.WriteAllText(
                    path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                "-pid-file", path, $"cannot be written ({e.Message}); name another file", e);
        }
    }

    private static T Own<T>(List<IDisposable> owned, T one)
        where T : IDisposable
    {
        owned.Add(one);
        return one;
    }
}
