namespace Slipway.Services;

/// <summary>What nsswitch.conf(5) says of `hosts`.</summary>
/// <param name="IsFilesThenDns">
/// Only /etc/hosts and then the name servers: these can be asked directly, which keeps TTLs and all
/// record types. With any other module or action in it, the C library alone knows what it means.
/// </param>
/// <param name="HasResolved">systemd-resolved's module is among them.</param>
internal sealed record NameServiceSwitch(bool IsFilesThenDns, bool HasResolved = false)
{
    public static NameServiceSwitch Parse(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string statement = line.Split('#')[0].Trim();
            if (statement.StartsWith("hosts:", StringComparison.Ordinal))
            {
                string[] modules = statement["hosts:".Length..].Split(
                    [' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
                return new NameServiceSwitch(
                    modules is ["files", "dns"], modules.Contains("resolve"));
            }
        }

        // No file or no such line (musl has neither): files and dns is what is built in.
        return new NameServiceSwitch(IsFilesThenDns: true);
    }
}
