namespace Slipway.Engine;

/// <summary>
/// How a guest reaches the engine: KIND:WHAT[,NAME=VALUE...], where KIND is tap, stream, dgram,
/// seqpacket, vpnkit, vhost-user, vsock or fd.
/// </summary>
public abstract record LinkSpecification
{
    /// <summary>What this version takes, for messages.</summary>
    private const string Kinds =
        "tap:NAME[,netns=PATH|PID][,configure=no][,offload=no], stream:PATH, dgram:PATH, "
            + "seqpacket:PATH, vpnkit:PATH, vhost-user:PATH, vsock:PORT or fd:N,framing="
            + DescriptorLinkSpecification.Framings + "; any of them with group=NAME or isolated";

    private const string GroupOption = "group=";
    private const string IsolatedOption = "isolated";

    /// <summary>The option or configuration key that it came from, for messages.</summary>
    public string Key { get; init; } = "--link";

    /// <summary>
    /// The guests with which those of this link exchange frames: those of links of the same name;
    /// null for those of links without one.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>Its guests exchange frames with no other guest, with one another neither.</summary>
    public bool IsIsolated { get; init; }

    /// <summary>The same as in the grammar: ",group=web", ",isolated" or nothing.</summary>
    public string GroupText => IsIsolated ? $",{IsolatedOption}"
        : Group is null ? "" : $",{GroupOption}{Group}";

    /// <summary>Parses one link.</summary>
    /// <param name="key">The option or configuration key, for messages.</param>
    /// <param name="text">For example tap:tap0,netns=/run/netns/web.</param>
    /// <exception cref="ConfigurationException">It is not a link, or one of a later
    /// version.</exception>
    public static LinkSpecification Parse(string key, string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw new ConfigurationException(key, text, $"is not a link; write {Kinds}");
        }

        string what = TakeGroup(
            key, text, text[(colon + 1)..], out string? group, out bool isolated);
        LinkSpecification link = text[..colon] switch
        {
            "tap" => TapLinkSpecification.ParseTap(key, text, what),
            "stream" => new StreamLinkSpecification(
                ParsePath(key, text, what), LinkFraming.Stream),
            "dgram" => new DatagramLinkSpecification(ParsePath(key, text, what)),
            "vhost-user" => new VhostUserLinkSpecification(ParsePath(key, text, what)),
            "fd" => DescriptorLinkSpecification.ParseDescriptor(key, text, what),
            "seqpacket" => new StreamLinkSpecification(
                ParsePath(key, text, what), LinkFraming.SeqPacket),
            "vpnkit" => new StreamLinkSpecification(
                ParsePath(key, text, what), LinkFraming.Vpnkit),
            "vsock" => VsockLinkSpecification.ParseVsock(key, text, what),
            string kind => throw new ConfigurationException(
                key, text, $"'{kind}' is not a kind of link; write {Kinds}"),
        };
        return link with { Key = key, Group = group, IsIsolated = isolated };
    }

    /// <summary>
    /// Takes the options that all kinds of links have from the end of one; a path may have commas.
    /// </summary>
    private static string TakeGroup(
        string key, string text, string what, out string? group, out bool isIsolated)
    {
        group = null;
        isIsolated = false;
        for (int comma; (comma = what.LastIndexOf(',')) > 0; what = what[..comma])
        {
            string option = what[(comma + 1)..];
            if (option == IsolatedOption)
            {
                isIsolated = true;
            }
            else if (option.StartsWith(GroupOption, StringComparison.Ordinal))
            {
                group = option[GroupOption.Length..];
            }
            else
            {
                break;
            }
        }

        if (group is not null && (isIsolated || group.Length == 0))
        {
            throw new ConfigurationException(
                key, text,
                isIsolated ? "is both isolated and in a group; leave one of them out"
                    : "has a group without a name; write for example group=web");
        }

        return what;
    }

    /// <summary>
    /// A socket's path: sun_path holds 108 bytes, the final zero included (unix(7)).
    /// </summary>
    private static string ParsePath(string key, string text, string path)
    {
        const int MaxPathBytes = 107;
        if (path.Length == 0)
        {
            throw new ConfigurationException(
                key, text, "has no path; write for example stream:/tmp/vm.sock");
        }

        int lengthBytes = System.Text.Encoding.UTF8.GetByteCount(path);
        return lengthBytes <= MaxPathBytes
            ? path
            : throw new ConfigurationException(
                key, text,
                $"the path has {lengthBytes} bytes; a socket's may have {MaxPathBytes}: choose "
                    + "a shorter one");
    }

    /// <summary>
    /// Splits "WHAT,NAME=VALUE,..." and hands each option to <paramref name="take"/>.
    /// </summary>
    /// <param name="take">Returns false for an option that the kind of link does not have.</param>
    private protected static string ParseOptions(
        string key, string text, string what, string known, Func<string, string, bool> take)
    {
        string[] parts = what.Split(',');
        foreach (string part in parts.AsSpan(1))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !take(part[..equals], part[(equals + 1)..]))
            {
                throw new ConfigurationException(
                    key, text, $"'{part}' is not an option of this link; use {known}");
            }
        }

        return parts[0];
    }
}
