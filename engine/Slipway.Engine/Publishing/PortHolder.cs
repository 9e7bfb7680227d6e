using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Which program has a port of this host, as far as /proc tells this user (proc_net(5)).
/// </summary>
public static partial class PortHolder
{
    private const string Listening = "0A"; // TCP_LISTEN
    private const int LocalColumn = 1;
    private const int StateColumn = 3;
    private const int InodeColumn = 9;
    private const int GroupDigits = 8;

    /// <summary>
    /// Asked instead of looking, where this process may not look at others; null to look.
    /// </summary>
    public static Func<IpProtocol, IpEndpoint, string?>? Ask { get; set; }

    /// <summary>"nginx (process 4711)"; null where it cannot be told.</summary>
    public static string? Find(IpProtocol protocol, in IpEndpoint local)
    {
        if (Ask is not null)
        {
            return Ask(protocol, local);
        }

        string name = protocol == IpProtocol.Udp ? "udp" : "tcp";
        HashSet<string> sockets = new(StringComparer.Ordinal);
        foreach (string table in (string[])[$"/proc/net/{name}", $"/proc/net/{name}6"])
        {
            AddSockets(table, local, isTcp: name == "tcp", sockets);
        }

        return sockets.Count == 0 ? null : FindProcess(sockets);
    }

    private static void AddSockets(
        string table, in IpEndpoint local, bool isTcp, HashSet<string> sockets)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $":{local.Port:X4}");
        foreach (string line in ReadLines(table))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > InodeColumn
                && columns[LocalColumn].EndsWith(end, StringComparison.Ordinal)
                && Excludes(columns[LocalColumn][..^end.Length], local.Address)
                && (!isTcp || columns[StateColumn] == Listening))
            {
                sockets.Add($"socket:[{columns[InodeColumn]}]");
            }
        }
    }

    // Whether a socket that is bound to one address keeps another from the same port: 32 bits a
    // group, each as a number of this machine's.
    private static bool Excludes(string bound, IpAddress wanted)
    {
        if (bound.All(digit => digit == '0') || wanted.IsUnspecified)
        {
            return true;
        }

        UInt128 value = 0;
        for (int i = 0; i + GroupDigits <= bound.Length; i += GroupDigits)
        {
            value = (value << 32) | BinaryPrimitives.ReverseEndianness(uint.Parse(
                bound.AsSpan(i, GroupDigits), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture));
        }

        // An IPv4 address stands for itself in an IPv6 one (RFC 4291 section 2.5.5.2).
        return wanted == (bound.Length == GroupDigits ? IpAddress.FromIPv4((uint)value)
            : new IpAddress((ulong)(value >> 64), (ulong)value));
    }

    private static string? FindProcess(HashSet<string> sockets)
    {
        List<string> engines = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!Number().IsMatch(Path.GetFileName(process)))
            {
                continue;
            }

            bool? holds = Holds(process, sockets);
            if (holds == true)
            {
                return NameOf(process);
            }

            if (holds is null && IsEngine(process))
            {
                engines.Add(process);
            }
        }

        // Engines hide from their own user too what they have open: one alone will be it.
        return engines.Count == 1 ? $"{NameOf(engines[0])}, it seems" : null;
    }

    private static string NameOf(string process) =>
        $"{ReadLines($"{process}/comm").FirstOrDefault("a program")} "
            + $"(process {Path.GetFileName(process)})";

    // Of this user, which the owner of a hidden process's files does not tell (proc(5)); another
    // one than this, or than the one that this process looks for.
    private static bool IsEngine(string process) =>
        !(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture) is int id
            && (id == Environment.ProcessId || id == CurrentProcess.ParentId))
        && ReadLines($"{process}/comm").FirstOrDefault() is "slipway" or "gvproxy"
        && UserOf(process) is string user && user == UserOf("/proc/self");

    private static string? UserOf(string process) => ReadLines($"{process}/status").FirstOrDefault(
        line => line.StartsWith("Uid:", StringComparison.Ordinal));

    // Null where it cannot be seen.
    private static bool? Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"{process}/fd").Any(
                file => new FileInfo(file).LinkTarget is string target && sockets.Contains(target));
        }
        catch (UnauthorizedAccessException)
        {
            return null; // another user's, or one that hides it
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex("^[0-9]+$")]
    private static partial Regex Number();
}
