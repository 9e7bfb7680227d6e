using System.ComponentModel;
using System.Diagnostics;

namespace Slipway.Services;

/// <summary>
/// The desktop's settings as GNOME and its kin keep them. One `gsettings monitor` for each schema
/// tells that something has changed; then everything is read anew. Nothing runs where gsettings or
/// the schema is missing.
/// </summary>
internal sealed class DesktopProxy : ProxySource
{
    private const string Schema = "org.gnome.system.proxy";
    private static readonly string[] SessionVariables =
        ["XDG_CURRENT_DESKTOP", "WAYLAND_DISPLAY", "DISPLAY", "GSETTINGS_BACKEND"];

    private static readonly string[] Children = [".http", ".https", ".socks"];
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(10);
    private readonly string _command;
    private readonly Action<string> _report;
    private readonly Lock _lock = new();
    private readonly Lock _reading = new();
    private readonly List<SettingsMonitor> _monitors = [];
    private readonly HashSet<string> _reported = [];
    private string? _seen;
    private bool _isDisposed;

    /// <param name="command">gsettings, or a path to it.</param>
    /// <param name="report">Takes what a user should know.</param>
    public DesktopProxy(string command, Action<string> report)
    {
        _command = command;
        _report = report;
    }

    /// <summary>Whether there is a desktop here whose settings can be asked.</summary>
    public static bool IsHere(string command) => HasSession(command) && Find(command) is not null;

    /// <summary>Begins to follow, on threads of its own.</summary>
    public void Start()
    {
        if (HasSession(_command) && Find(_command) is string path)
        {
            // What is there now is read when the monitor runs, so that no change is missed.
            Watch(new SettingsMonitor(path, Schema, Read));
        }
    }

    public override void Dispose()
    {
        SettingsMonitor[] monitors;
        lock (_lock)
        {
            _isDisposed = true;
            monitors = [.. _monitors];
        }

        foreach (SettingsMonitor monitor in monitors)
        {
            monitor.Dispose();
        }

        base.Dispose();
    }

    // A server has no desktop: nothing is started there. A command by its path was meant.
    private static bool HasSession(string command) =>
        command.Contains('/', StringComparison.Ordinal)
        || SessionVariables.Any(
            name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));

    /// <summary>The command's path; null where there is none.</summary>
    private static string? Find(string command) => command.Contains('/', StringComparison.Ordinal)
        ? File.Exists(command) ? command : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, command))
            .FirstOrDefault(path => Path.IsPathRooted(path) && File.Exists(path));

    /// <returns>False where there is nothing that could be followed.</returns>
    private bool Read(SettingsMonitor monitor)
    {
        lock (_reading)
        {
            string? text = List(monitor.Command);
            if (text is null)
            {
                return true;
            }

            if (text.Length == 0)
            {
                return false;
            }

            if (text == _seen)
            {
                return true;
            }

            _seen = text;
            List<string> faults = [];
            ProxySettings? settings = DesktopSettingsText.Parse(text, faults);
            foreach (string fault in faults)
            {
                if (_reported.Count < 64 && _reported.Add(fault))
                {
                    _report($"the desktop {fault}");
                }
            }

            WatchChildren(monitor.Command, settings is { Pac: null });
            Become(settings);
            return true;
        }
    }

    /// <summary>All the settings; empty where the schema is not installed, null when it failed.
    /// </summary>
    private static string? List(string command)
    {
        try
        {
            ProcessStartInfo start = new(command, ["list-recursively", Schema])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            };
            using Process? process = Process.Start(start);
            if (process is null)
            {
                return null;
            }

            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(CommandTimeout))
            {
                process.Kill();
                return null;
            }

            string text = output.GetAwaiter().GetResult();
            bool isMissing = errors.GetAwaiter().GetResult()
                .Contains("No such schema", StringComparison.Ordinal);
            return process.ExitCode == 0 ? text : isMissing ? "" : null;
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException
            or IOException)
        {
            return error is Win32Exception ? "" : null;
        }
    }

    // The schemas of hosts and ports matter in one mode alone: no process waits on them else.
    private void WatchChildren(string command, bool isManual)
    {
        SettingsMonitor[] ended = [];
        lock (_lock)
        {
            if (!isManual && _monitors.Count > 1)
            {
                ended = [.. _monitors[1..]];
                _monitors.RemoveRange(1, _monitors.Count - 1);
            }
            else if (isManual && _monitors.Count == 1)
            {
                foreach (string child in Children)
                {
                    Watch(new SettingsMonitor(command, Schema + child, Read));
                }
            }
        }

        foreach (SettingsMonitor monitor in ended)
        {
            monitor.Dispose();
        }
    }

    private void Watch(SettingsMonitor monitor)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _monitors.Add(monitor);
                monitor.Start();
            }
        }
    }
}
