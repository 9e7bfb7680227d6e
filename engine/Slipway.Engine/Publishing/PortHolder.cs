using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Which program has a port of this host, as far as /proc tells this user (proc_net(5)).
/// </summary>
internal static partial class PortHolder
{
    private const string Listening = "0A"; // TCP_LISTEN
    private const int LocalColumn = 1;
    private const int StateColumn = 3;
    private const int InodeColumn = 9;

    /// <summary>"nginx (process 4711)"; null where it cannot be told.</summary>
    public static string? Find(IpProtocol protocol, ushort port)
    {
        string name = protocol == IpProtocol.Udp ? "udp" : "tcp";
        HashSet<string> sockets = new(StringComparer.Ordinal);
        foreach (string table in (string[])[$"/proc/net/{name}", $"/proc/net/{name}6"])
        {
            AddSockets(table, port, isTcp: name == "tcp", sockets);
        }

        return sockets.Count == 0 ? null : FindProcess(sockets);
    }

    private static void AddSockets(
        string table, ushort port, bool isTcp, HashSet<string> sockets)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (string line in ReadLines(table))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > InodeColumn
                && columns[LocalColumn].EndsWith(end, StringComparison.Ordinal)
                && (!isTcp || columns[StateColumn] == Listening))
            {
                sockets.Add($"socket:[{columns[InodeColumn]}]");
            }
        }
    }

    private static string? FindProcess(HashSet<string> sockets)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (Number().IsMatch(Path.GetFileName(process)) && Holds(process, sockets))
            {
                string name = ReadLines($"{process}/comm").FirstOrDefault("a program");
                return $"{name} (process {Path.GetFileName(process)})";
            }
        }

        return null;
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"{process}/fd").Any(
                file => new FileInfo(file).LinkTarget is string target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // another user's, or it has ended
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
