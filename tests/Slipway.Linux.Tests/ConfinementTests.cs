using System.Net;
using System.Net.Sockets;

namespace Slipway.Linux.Tests;

/// <summary>
/// What a thread gives up: on threads that end, since it binds them for good, and no others.
/// </summary>
public sealed class ConfinementTests : IDisposable
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-confinement-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Landlock_OnAThread_ClosesWhatWasNotAllowedToThatThreadAlone()
    {
        if (Landlock.Version == 0)
        {
            return; // `slipway doctor` says so; nothing to test on such a kernel
        }

        string open = Write("open", "text");
        string closed = Write("closed", "text");
        int allowed = -1;
        int refused = -1;
        int made = -1;
        OnAThread(() =>
        {
            Assert.Equal(0, ProcessConfinement.GiveUpNewPrivileges());
            using Landlock? rules = Landlock.Create(false, false, true, out int errno);
            Assert.Equal(0, errno);
            Assert.Equal(0, rules!.Allow(Path.GetDirectoryName(open)!, LandlockAccess.ReadFile));
            Assert.Equal(Errno.ENOENT, rules.Allow("/nothing/here", LandlockAccess.ReadFile));
            Assert.Equal(0, rules.Restrict());
            allowed = Open(open, Files.ReadOnly);
            refused = Open(closed, Files.ReadOnly);
            made = Open(open, Files.ReadWrite);
        });

        Assert.Equal((0, -Errno.EACCES, -Errno.EACCES), (allowed, refused, made));
        Assert.Equal(0, Open(closed, Files.ReadWrite));
    }

    [Fact]
    public void Landlock_WithoutTcpPorts_RefusesToBindOne()
    {
        const int firstWithPorts = 4;
        if (Landlock.Version < firstWithPorts)
        {
            return;
        }

        SocketError bound = SocketError.Success;
        OnAThread(() =>
        {
            Assert.Equal(0, ProcessConfinement.GiveUpNewPrivileges());
            using Landlock? rules = Landlock.Create(false, false, bindsTcp: false, out _);
            Assert.Equal(0, rules!.Restrict());
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            bound = Assert.Throws<SocketException>(
                () => socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0))).SocketErrorCode;
        });

        Assert.Equal(SocketError.AccessDenied, bound);
    }

    [Fact]
    public void Capabilities_DroppedOnAThread_AreGoneThere()
    {
        ulong before = Capabilities.Effective;
        ulong after = ulong.MaxValue;
        OnAThread(() =>
        {
            Assert.Equal(0, Capabilities.Drop(1UL << Capabilities.NetBindService));
            after = Capabilities.Effective;
        });

        Assert.Equal(before & 1UL << Capabilities.NetBindService, after);
        Assert.Equal(before, Capabilities.Effective);
    }

    [Fact]
    public void Filter_OfRules_GrowsByTheInstructionsThatEachNeeds()
    {
        SeccompFilter filter = new();
        int before = filter.Length;
        filter.Add(1, SeccompVerdict.Allow);
        Assert.Equal(before + 2, filter.Length);
        filter.AllowIf(2, 0, uint.MaxValue, [1, 2], Errno.EPERM);
        Assert.Equal(before + 2 + 8, filter.Length);
    }

    private string Write(string folder, string text)
    {
        string file = Path.Combine(
            Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, "file");
        File.WriteAllText(file, text);
        return file;
    }

    private static int Open(string path, int flags)
    {
        int descriptor = Files.Open(path, flags | Files.CloseOnExec);
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }

        return Math.Min(descriptor, 0);
    }

    private static void OnAThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
