using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using Slipway.Control;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// How an engine's process comes into its sandbox: a thread applies the profile to itself and
/// becomes this program again, so that all threads begin with everything in force. What needed
/// rights is opened before, and goes along by its descriptor.
/// </summary>
internal static class SandboxEntry
{
    /// <summary>
    /// The hidden first argument of a process that has entered. It keeps it from entering again
    /// and proves nothing: what is in force is asked of the kernel (<see cref="SandboxState"/>).
    /// </summary>
    public const string Marker = "confined";

    private const string ThisFile = "/proc/self/exe";
    private const int FirstDescriptor = 3;

    /// <summary>What came over the execve; null before it.</summary>
    public static SandboxHandover? Handover { get; private set; }

    /// <summary>The text of --config, which is read once; null where there is none.</summary>
    public static string? ConfigurationText { get; set; }

    /// <summary>What the host does not allow, a sentence each.</summary>
    public static IReadOnlyList<string> Lacks { get; private set; } = [];

    /// <summary>Takes over from the process that has entered. False where none did.</summary>
    public static bool Continue(string descriptor)
    {
        if (!int.TryParse(
                descriptor, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || !SandboxState.HasNoNewPrivileges)
        {
            StandardError.Say($"{Marker}: is for slipway itself; use --sandbox", LogLevel.Error);
            return false;
        }

        Handover = SandboxHandover.Read(number);
        foreach (int one in Handover.Descriptors())
        {
            CurrentProcess.SetInherited(one, inherited: false);
        }

        if (Handover.Aide is int aide and >= 0)
        {
            PortHolder.Ask = (protocol, local) => SandboxAide.FindHolder(aide, protocol, local);
        }

        return true;
    }

    /// <summary>
    /// Enters the sandbox of an engine, from where this program begins anew; returns in that
    /// process, or where there is to be none.
    /// </summary>
    /// <param name="configuration">What the engine is to do.</param>
    /// <param name="further">Paths beside those that it names.</param>
    /// <param name="inherited">Descriptors that are the engine's own.</param>
    /// <param name="startsPrograms">Whether the command starts some while it runs.</param>
    /// <param name="guest">What has been started outside; null for nothing.</param>
    /// <returns>The configuration with what has been opened for it.</returns>
    /// <exception cref="ConfigurationException">A device cannot be made, or the host lacks what
    /// is wanted.</exception>
    /// <exception cref="HostRefusal">The program cannot be started again.</exception>
    public static EngineConfiguration Enter(
        EngineConfiguration configuration, IReadOnlyList<SandboxPath> further,
        IReadOnlyList<int> inherited, bool startsPrograms = false, GuestProcess? guest = null)
    {
        if (Handover is SandboxHandover handover)
        {
            return PreparedLinks.Take(configuration, handover);
        }

        if (configuration.Sandbox.Mode == SandboxMode.Off)
        {
            return RootlessTap.Open(configuration);
        }

        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            // A just-in-time compiler needs what is given up here.
            Refuse(configuration, ["this build compiles itself as it runs"]);
            StandardError.Say(
                "sandbox: none: this build compiles itself as it runs", LogLevel.Warning);
            return RootlessTap.Open(configuration);
        }

        SandboxHandover next = new();
        if (ConfigurationText is string text)
        {
            next.SetConfiguration(text);
        }

        guest?.HandOver(next, configuration.Subnet);
        MakeControlFolder(configuration);
        PreparedLinks.Open(configuration, next);
        SandboxProfile profile = EngineSandbox.ProfileOf(
            configuration, further, startsPrograms);
        next.StartsPrograms = profile.StartsPrograms;
        if (SandboxAide.Start(guest?.Id) is int aide and >= 0)
        {
            next.SetAide(aide);
        }

        RemoveDiagnostics();
        foreach (string name in SandboxPosture.Namespaces)
        {
            next.AddNamespace(name, SandboxPosture.Identity(name));
        }

        List<string> lacks = Sandbox.Apply(profile);
        Refuse(configuration, lacks);
        lacks.ForEach(next.AddLack);
        Become(next, inherited);
        return configuration;
    }

    /// <summary>The descriptors that a configuration names.</summary>
    public static IReadOnlyList<int> DescriptorsOf(EngineConfiguration configuration) =>
    [
        .. configuration.Links.OfType<DescriptorLinkSpecification>().Select(one => one.Descriptor),
        .. configuration.ReadyDescriptor is int ready ? (int[])[ready] : [],
    ];

    /// <summary>
    /// Gives up the system calls that only the start needed, on all threads, and says what is in
    /// force; nothing where there is no sandbox.
    /// </summary>
    /// <exception cref="ConfigurationException">The host lacks what is wanted.</exception>
    public static void Close(EngineConfiguration configuration, IEngineLog log)
    {
        if (Handover is not SandboxHandover handover)
        {
            return;
        }

        SandboxPosture.AskAhead();
        List<string> lacks = [.. handover.Lacks];
        _ = ProcessConfinement.HideMemory();
        int errno = SystemCallFilter.Install(SystemCallFilter.Engine, handover.StartsPrograms);
        if (errno != 0)
        {
            lacks.Add($"system calls (seccomp): {Text(errno)}");
            Refuse(configuration, lacks);
        }

        Lacks = lacks;

        if (handover.StartsPrograms)
        {
            log.Write(
                LogLevel.Information,
                "sandbox: programs may be started, for the desktop's proxy settings "
                    + "(\"proxy\": { \"desktop\": false } closes that) or for ssh");
        }

        foreach (string lack in lacks)
        {
            log.Write(LogLevel.Warning, $"sandbox: this host does not allow {lack}");
        }

        if (log.IsEnabled(LogLevel.Debug))
        {
            log.Write(LogLevel.Debug, "sandbox: " + string.Join("; ", SandboxPosture.List().Select(
                one => $"{one.Name}: {(one.InForce ? "yes" : "no")}, {one.Detail}")));
        }
    }

    // In the sandbox it can be made no more. What is wrong with it is said there.
    private static void MakeControlFolder(EngineConfiguration configuration)
    {
        try
        {
            if (configuration.Control is { IsOff: false, Path: null } control
                && (control.Port is null || control.TokenFile is null))
            {
                ControlPath.Default.MakeFolder();
            }
        }
        catch (UnixSocketException)
        {
            return;
        }
    }

    private static void Refuse(EngineConfiguration configuration, List<string> lacks)
    {
        if (configuration.Sandbox.Mode == SandboxMode.On && lacks.Count > 0)
        {
            throw new ConfigurationException(
                configuration.Sandbox.ModeKey, "on",
                $"this host does not allow all of it ({string.Join("; ", lacks)}); see `slipway "
                    + "doctor`, or say auto");
        }
    }

    private static void Become(SandboxHandover next, IReadOnlyList<int> inherited)
    {
        int file = next.Write();
        if (file < 0)
        {
            throw new HostRefusal($"sandbox: no file in memory ({Text(-file)})");
        }

        CurrentProcess.CloseOnBecoming(FirstDescriptor);
        foreach (int descriptor in (IEnumerable<int>)
            [file, .. next.Descriptors(), .. inherited, .. InheritedSockets.Read()])
        {
            CurrentProcess.SetInherited(descriptor, inherited: true);
        }

        string[] arguments = Environment.GetCommandLineArgs();
        string[] words =
        [
            arguments[0], Marker, file.ToString(CultureInfo.InvariantCulture), .. arguments[1..],
        ];

        // By its path, which names the process too (proc_pid_comm(5)); else whatever file it is.
        string path = arguments[0].Contains('/', StringComparison.Ordinal)
            ? arguments[0] : Environment.ProcessPath ?? ThisFile;
        _ = CurrentProcess.BecomeFile(path, words);
        int errno = CurrentProcess.BecomeFile(ThisFile, words);
        throw new HostRefusal(
            $"sandbox: {path} cannot be started again ({Text(errno)}); say --sandbox off");
    }

    // The runtime's socket for tools, which its next life would find taken. It may make none then:
    // whoever can use it can have this process do anything.
    private static void RemoveDiagnostics()
    {
        string name = string.Create(
            CultureInfo.InvariantCulture, $"dotnet-diagnostic-{Environment.ProcessId}-*-socket");
        try
        {
            foreach (string file in Directory.GetFiles(Path.GetTempPath(), name))
            {
                _ = Files.Unlink(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StandardError.Say($"sandbox: {name} stays behind ({e.Message})", LogLevel.Warning);
        }
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
