using System.ComponentModel;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// The engine's hold of a guest's side in other namespaces: started through unshare(1) or
/// nsenter(1),
/// it hands a TAP's descriptor over and then waits for <see cref="Proceed"/>.
/// </summary>
internal sealed class GuestProcess : IDisposable
{
    private readonly int _channel;

    private GuestProcess(int channel, int id)
    {
        _channel = channel;
        Id = id;
    }

    public int Id { get; }

    /// <summary>The TAP in the guest's namespace; the caller closes it.</summary>
    public int TapDescriptor { get; private set; } = -1;

    /// <summary>Starts a guest's side and waits for its TAP.</summary>
    /// <param name="entry">The program and options that enter the namespaces, up to "--".</param>
    /// <param name="settings">Makes the settings around the channel's descriptor.</param>
    /// <param name="refused">Says why the entry failed, when the guest's side was never
    /// reached.</param>
    /// <exception cref="HostRefusal">The namespaces or the TAP could not be made.</exception>
    public static GuestProcess Start(
        string[] entry, Func<int, GuestSettings> settings, Func<string> refused)
    {
        int errno = DescriptorChannel.Open(out int near, out int far);
        if (errno != 0)
        {
            throw new HostRefusal($"no socket pair ({new Win32Exception(errno).Message})");
        }

        string[] arguments =
            [.. entry, "--", .. ProgramPath.OfThisProgram(), GuestSide.CommandName,
                .. settings(far).ToWords()];
        CurrentProcess.SetInherited(far, inherited: true);
        errno = ChildProcess.Start(arguments[0], arguments, out int id);
        DescriptorChannel.Close(far);
        if (errno != 0)
        {
            DescriptorChannel.Close(near);
            throw new HostRefusal(
                $"{arguments[0]}: cannot be started ({new Win32Exception(errno).Message})");
        }

        GuestProcess guest = new(near, id);
        try
        {
            guest.AwaitTap(entry[0], refused);
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>Takes over what this process has started before its execve.</summary>
    public static GuestProcess Take((int Id, int Channel, int Tap) started) =>
        new(started.Channel, started.Id) { TapDescriptor = started.Tap };

    /// <summary>Leaves it to what this process is after an execve.</summary>
    public void HandOver(SandboxHandover handover, IpPrefix subnet) =>
        handover.SetGuest(Id, _channel, TapDescriptor, subnet.ToString());

    /// <summary>Lets the guest's side become its command.</summary>
    public void Proceed() => _ = DescriptorChannel.Send(_channel, GuestStep.Proceed, -1);

    /// <summary>Waits for the end; the exit status as a shell reports it.</summary>
    public int Wait() => ChildProcess.Wait(Id);

    public void Dispose() => DescriptorChannel.Close(_channel);

    private void AwaitTap(string entry, Func<string> refused)
    {
        if (!DescriptorChannel.Receive(_channel, out byte step, out _) || step != GuestStep.Entered)
        {
            int status = Wait();
            throw new HostRefusal($"{entry} failed with status {status}: {refused()}");
        }

        if (!DescriptorChannel.Receive(_channel, out step, out int descriptor)
            || step != GuestStep.TapMade || descriptor < 0)
        {
            _ = Wait();
            throw new HostRefusal(
                "the guest's network device could not be made; see the line above");
        }

        TapDescriptor = descriptor;
    }
}
