using System.CommandLine;
using System.Runtime.InteropServices;
using Slipway.Control;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>`slipway docker`: the Docker engine of a guest on a socket of this host.</summary>
internal sealed class DockerCommand
{
    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where Docker's clients connect; their DOCKER_HOST is unix://PATH.",
        HelpName = "unix:PATH",
        Required = true,
    };

    private readonly Option<string> _guest = new("--guest")
    {
        Description = "The guest's Docker engine: unix:PATH of a socket that this host sees, "
            + "vsock:[CID:]PORT, or with --allow-tcp tcp:ADDRESS:PORT.",
        HelpName = "ENDPOINT",
        Required = true,
    };

    private readonly Option<bool> _allowTcp = new("--allow-tcp")
    {
        Description = "Take a guest's Docker engine that listens on TCP, for anybody there.",
    };

    private readonly Option<string> _control = new("--control")
    {
        Description = "The control socket of the engine that the guest is behind. [this user's one "
            + "engine]",
        HelpName = "unix:PATH",
    };

    private readonly Option<string> _defaultHostIp = new("--default-host-ip")
    {
        Description = "Where the host listens for `-p 80:80`, which names no address. [127.0.0.1; "
            + "Docker has 0.0.0.0]",
        HelpName = "ADDRESS",
    };

    private readonly Option<string> _guestAddress = new("--guest-address")
    {
        Description = "The guest's address. [the engine's first guest]",
        HelpName = "ADDRESS",
    };

    private readonly Option<int?> _readyFd = new("--ready-fd")
    {
        Description = "A descriptor that is told \"1\" and closed when clients are served.",
        HelpName = "N",
    };

    public static Command Create()
    {
        DockerCommand options = new();
        Command command = new(
            "docker", "Carry the Docker API to a guest, and publish containers' ports here.")
        {
            options._listen,
            options._guest,
            options._allowTcp,
            options._control,
            options._defaultHostIp,
            options._guestAddress,
            options._readyFd,
        };
        command.SetAction(options.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        DockerProxySettings settings = Read(result);
        _ = CurrentProcess.SetDescriptorLimit(CurrentProcess.DescriptorLimit.Hard);
        StandardErrorLog log = new(LogLevel.Information);
        using ReadySignal ready = new(
            new EngineConfiguration { ReadyDescriptor = result.GetValue(_readyFd) });
        using CancellationTokenSource stop = new();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP, Stop);
        using DockerProxy proxy = Start(settings, log);
        log.Write(
            LogLevel.Information,
            $"ready: export DOCKER_HOST=unix://{settings.ListenPath}; ports without an address are "
                + $"published on {settings.DefaultHostIp}");
        ready.Tell(log);
        proxy.RunAsync(stop.Token).GetAwaiter().GetResult();
        ReadySignal.Notify("STOPPING=1", log);
        return ExitStatus.Success;
    }

    private static DockerProxy Start(DockerProxySettings settings, StandardErrorLog log)
    {
        try
        {
            return DockerProxy.Start(settings, log);
        }
        catch (UnixSocketException e)
        {
            throw new ConfigurationException(
                "--listen", $"unix:{settings.ListenPath}", e.Message, e);
        }
    }

    private DockerProxySettings Read(ParseResult result)
    {
        string control = ReadControl(result);
        return new DockerProxySettings(
            ReadListen(result.GetValue(_listen)!),
            DockerGuest.Parse(
                "--guest", result.GetValue(_guest)!, result.GetValue(_allowTcp), control),
            control,
            ReadAddress("--default-host-ip", result.GetValue(_defaultHostIp))
                ?? IpAddress.IPv4Loopback,
            ReadAddress("--guest-address", result.GetValue(_guestAddress)));
    }

    // An engine that was named may be started later; one that was not has to be found now.
    private string ReadControl(ParseResult result)
    {
        if (result.GetValue(_control) is string text)
        {
            return ControlSpecification.Parse("--control", text).Path
                ?? throw new ConfigurationException(
                    "--control", text, "is no control socket; write unix:PATH");
        }

        using ControlClient client = ControlClient.Open(path: null);
        return client.Path;
    }

    private static string ReadListen(string text) =>
        text.StartsWith("unix:", StringComparison.Ordinal) && text.Length > "unix:".Length
            ? text["unix:".Length..]
            : throw new ConfigurationException(
                "--listen", text, "is no Unix socket; write unix:PATH: whoever may connect to a "
                    + "Docker engine has all of its guest, so it is on no network");

    private static IpAddress? ReadAddress(string key, string? text) =>
        text is null ? null
            : IpAddress.TryParse(text, out IpAddress address) ? address
            : throw new ConfigurationException(
                key, text, "is not an IP address; write for example 127.0.0.1");
}
