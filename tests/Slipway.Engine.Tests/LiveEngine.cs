using System.Collections.Concurrent;
using System.Diagnostics;
using Slipway.Links;
using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Engine.Tests;

/// <summary>
/// An engine on threads of its own with simulated guests on its switch, whose thread is the test's:
/// they live while <see cref="Until"/> waits. What the engine says is kept.
/// </summary>
internal sealed class LiveEngine : IEngineLog, IFrameSink, IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int MtuBytes = 1500;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<byte[]> _frames = [];
    private readonly List<SimGuest> _guests = [];
    private readonly FakeClock _clock = new();
    private readonly Instant _start;
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly Thread _thread;
    private readonly FrameLink _link;

    public LiveEngine(string json = "{}")
    {
        _start = _clock.Now;
        Engine = NetworkEngine.Create(ConfigurationReader.Parse(json), this);
        _thread = new Thread(Engine.Run);
        _thread.Start();
        _link = FrameLink.Create(BufferBytes, MtuBytes, Offloads.None, this, Assert.Fail);
        Engine.Attach(_link);
    }

    public NetworkEngine Engine { get; }

    /// <summary>Whether the engine takes no turns any more.</summary>
    public bool HasEnded => !_thread.IsAlive;

    public ConcurrentQueue<string> Said { get; } = [];

    /// <summary>A guest on the link; it says nothing by itself.</summary>
    public SimGuest AddGuest(Func<FakeClock, Action<byte[]>, SimGuest>? make = null)
    {
        SimGuest guest = make?.Invoke(_clock, Transmit) ?? new SimGuest(_clock, Transmit);
        _guests.Add(guest);
        return guest;
    }

    /// <summary>The guest is there no more, and has told nobody.</summary>
    public void Remove(SimGuest guest) => _guests.Remove(guest);

    /// <summary>Lets guests live until the condition holds.</summary>
    public void Until(Func<bool> condition)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < s_patience, "it does not come to be");
            if (!Turn())
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>The same until a task has ended.</summary>
    public T Await<T>(Task<T> task)
    {
        Until(() => task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    public int Take(ReadOnlySpan<OutboundFrame> frames)
    {
        foreach (OutboundFrame frame in frames)
        {
            if (EthernetFrame.Parse(frame.Bytes).Type != 0x86dd) // these guests speak IPv4
            {
                _frames.Enqueue(frame.Bytes.ToArray());
            }
        }

        return frames.Length;
    }

    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message) => Said.Enqueue($"{level}: {message}");

    public void Dispose()
    {
        Engine.Stop();
        _thread.Join();
        Engine.Dispose();
    }

    private bool Turn()
    {
        bool isBusy = false;
        _clock.AdvanceTo(_start + new Duration(_elapsed.Elapsed.Ticks * 100));
        while (_frames.TryDequeue(out byte[]? frame))
        {
            isBusy = true;
            foreach (SimGuest guest in _guests)
            {
                guest.Receive(frame);
            }
        }

        foreach (SimGuest guest in _guests)
        {
            guest.Tick();
            guest.Flush();
        }

        return isBusy;
    }

    private void Transmit(byte[] frame)
    {
        Assert.True(_link.TryInput(
            default, frame.Length, frame, static (room, bytes) => bytes.CopyTo(room)));
        _link.Wake();
    }
}
