using Slipway.Control;
using Slipway.Engine;

namespace Slipway;

/// <summary>The files and folders that a configuration names, and what is done to them.</summary>
internal static class EnginePaths
{
    public static IEnumerable<SandboxPath> Of(EngineConfiguration configuration) =>
    [
        .. Listening(configuration).Select(FolderOf).OfType<string>().Select(SandboxPath.ToListen),
        .. Followed(configuration).SelectMany(Following),
        .. Written(configuration).Select(FolderOf).OfType<string>().Select(SandboxPath.ToWrite),
    ];

    /// <summary>The folder that a file is in, behind all links; null where it has none.</summary>
    public static string? FolderOf(string path)
    {
        try
        {
            string full = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName
                ?? Path.GetFullPath(path);
            return Path.GetDirectoryName(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException
            or ArgumentException)
        {
            return Path.GetDirectoryName(Path.GetFullPath(path));
        }
    }

    private static IEnumerable<string> Listening(EngineConfiguration configuration)
    {
        foreach (LinkSpecification link in configuration.Links)
        {
            string? path = link switch
            {
                StreamLinkSpecification stream => stream.Path,
                DatagramLinkSpecification datagram => datagram.Path,
                VhostUserLinkSpecification vhostUser => vhostUser.Path,
                _ => null,
            };
            if (path is not null)
            {
                yield return path;
            }
        }

        foreach (PublishSpecification published in configuration.Publish)
        {
            if (published.Path is string path)
            {
                yield return path;
            }
        }

        if (!configuration.Control.IsOff && configuration.Control.Port is null)
        {
            yield return ControlPath.Of(configuration.Control).Path;
        }
    }

    // Replaced by others while the engine runs, by a new file of the name: the folder counts.
    private static IEnumerable<string> Followed(EngineConfiguration configuration)
    {
        string?[] files =
        [
            configuration.ProxyUpstream.File, configuration.ProxyUpstream.Configured?.Pac,
            configuration.ProxyUpstream.CaFile, configuration.DnsTlsCertificates,
        ];
        foreach (string? file in files)
        {
            if (file is not null && !file.Contains("://", StringComparison.Ordinal))
            {
                yield return file;
            }
        }
    }

    // A folder as wide as a home or /tmp holds what is none of the engine's business.
    private static IEnumerable<SandboxPath> Following(string file)
    {
        yield return SandboxPath.ToRead(file);
        string? home = Environment.GetEnvironmentVariable("HOME");
        if (FolderOf(file) is string folder && folder != home
            && folder is not ("/" or "/home" or "/root" or "/tmp" or "/var/tmp"))
        {
            yield return SandboxPath.ToRead(folder);
        }
        else
        {
            StandardError.Say(
                $"{file}: its folder is too wide for the sandbox, so it is not followed when "
                    + $"another file takes its place; put it into one of its own, or name the "
                    + $"folder in {SandboxConfiguration.PathsKey}", LogLevel.Warning);
        }
    }

    private static IEnumerable<string> Written(EngineConfiguration configuration)
    {
        string?[] files =
        [
            configuration.Dhcp.LeaseFile, configuration.Ipv6Dhcp.LeaseFile,
            TokenOf(configuration),
        ];
        return files.OfType<string>();
    }

    private static string? TokenOf(EngineConfiguration configuration) =>
        configuration.Control.Port is null ? null
            : configuration.Control.TokenFile ?? ControlPath.DefaultTokenFile;
}
