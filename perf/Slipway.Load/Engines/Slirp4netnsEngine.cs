using System.Net.Sockets;
using System.Text;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>slirp4netns(1); ports are published over its API socket.</summary>
internal sealed class Slirp4netnsEngine() : LoadEngine("slirp4netns")
{
    private const string GuestAddress = "10.0.2.100";

    public override string Version => FirstLine("slirp4netns", "slirp4netns", "--version");

    public override RunningProgram Start(LoadSite site) => site.Host.Start(
        "slirp4netns", "--configure", $"--mtu={site.MtuBytes}", "--netns-type=path",
        "--api-socket", ApiPath(site), site.Guest.Path, "tap0");

    public override void Publish(LoadSite site)
    {
        foreach (int port in PublishedTcpPorts)
        {
            using Socket api = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            api.Connect(new UnixDomainSocketEndPoint(ApiPath(site)));
            api.Send(Encoding.ASCII.GetBytes(
                "{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"tcp\","
                + $"\"host_addr\":\"0.0.0.0\",\"host_port\":{port},"
                + $"\"guest_addr\":\"{GuestAddress}\",\"guest_port\":{port}}}}}"));
            api.Shutdown(SocketShutdown.Send);
            byte[] answer = new byte[4096];
            int length = api.Receive(answer);
            string text = Encoding.ASCII.GetString(answer, 0, length);
            if (text.Contains("error", StringComparison.Ordinal))
            {
                throw new LoadException($"slirp4netns does not publish {port}: {text}");
            }
        }
    }

    private static string ApiPath(LoadSite site) => Path.Combine(site.Directory, "api.sock");
}
