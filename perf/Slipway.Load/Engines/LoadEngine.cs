using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>What connects guest and host in a <see cref="LoadSite"/>.</summary>
/// <param name="name">What --engines calls it.</param>
internal abstract class LoadEngine(string name)
{
    public string Name => name;

    /// <summary>The host's servers, as the guest reaches them.</summary>
    public virtual string Target => LoadSite.Service;

    /// <summary>The guest's servers, as the host reaches them.</summary>
    public virtual string Forwarded => LoadSite.Service;

    /// <summary>Has a guest over vhost-user too, and the tests of one.</summary>
    public virtual bool SpeaksVhostUser => false;

    /// <summary>Which version this is, for the report.</summary>
    /// <exception cref="LoadException">It is not installed.</exception>
    public abstract string Version { get; }

    /// <summary>
    /// Connects the namespaces; returns the engine's process unless it is the kernel.
    /// </summary>
    public abstract RunningProgram? Start(LoadSite site);

    /// <summary>Publishes the guest's ports, where that takes a running engine.</summary>
    public virtual void Publish(LoadSite site)
    {
    }

    protected static IEnumerable<int> PublishedTcpPorts =>
        Enumerable.Range(LoadSite.GuestPort, PeerPorts.Count);

    /// <summary>
    /// The first line that a program prints about itself, and its package's version, since not
    /// every program knows its own.
    /// </summary>
    /// <exception cref="LoadException">It is not installed.</exception>
    protected static string FirstLine(string package, params string[] command)
    {
        TimeSpan patience = TimeSpan.FromSeconds(10);
        string line;
        try
        {
            line = RunningProgram.Run(patience, command).Split('\n')[0].Trim();
        }
        catch (LoadException e)
        {
            throw new LoadException($"apt-get install {package} ({e.Message.Trim()})");
        }

        try
        {
            string version = RunningProgram.Run(
                patience, "dpkg-query", "--show", "--showformat=${Version}", package);
            return $"{line}, package {package} {version}";
        }
        catch (LoadException)
        {
            return line; // built from source
        }
    }
}
