using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Slipway.Engine;
using Slipway.Links;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>
/// A simulated guest of a running engine that lives on a thread of its own. Its servers echo what
/// they get; when the client has ended its side they say "end" and end theirs.
/// </summary>
internal sealed class LiveGuest : IFrameSink, IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int MtuBytes = 1500;

    /// <summary>What comes of a connection that was refused.</summary>
    public const string Refused = "refused";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private int _lastPort;
    private int _resets;

    private readonly ConcurrentQueue<byte[]> _frames = [];
    private readonly ConcurrentQueue<Action> _todo = [];
    private readonly List<GuestTcp> _served = [];
    private readonly List<Question> _asked = [];
    private readonly FakeClock _clock = new();
    private readonly Instant _start;
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly NetworkEngine _engine;
    private readonly FrameLink _link;
    private readonly SimGuest _guest;
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <param name="engine">Whose guest it is.</param>
    /// <param name="ports">That it serves.</param>
    public LiveGuest(NetworkEngine engine, params int[] ports)
    {
        _engine = engine;
        _start = _clock.Now;
        _link = FrameLink.Create(BufferBytes, MtuBytes, Offloads.None, this, Assert.Fail);
        engine.Attach(_link);
        _guest = new SimGuest(_clock, Transmit);
        foreach (int port in ports)
        {
            _guest.Listen((ushort)port, _served.Add);
        }

        _thread = new Thread(Live);
        _thread.Start();
    }

    /// <summary>Connections of clients that were reset.</summary>
    public int Resets => Volatile.Read(ref _resets);

    /// <summary>Sends datagrams to a port of the host's loopback, each from another port.</summary>
    public void SendDatagrams(int count, int port) => _todo.Enqueue(() =>
    {
        for (int i = 0; i < count; i++)
        {
            _guest.SendDatagram(
                (ushort)(10_000 + i), new IpEndpoint(VirtualNetwork.HostAlias, (ushort)port), [1]);
        }
    });

    /// <summary>
    /// Connects to the gateway, says something and returns all that comes back; null where the
    /// connection was refused.
    /// </summary>
    public Task<string> AskAsync(int port, string text)
    {
        TaskCompletionSource<string> answer = new(
            TaskCreationOptions.RunContinuationsAsynchronously);
        _todo.Enqueue(() =>
        {
            GuestTcp connection = _guest.Connect(
                (ushort)(40_000 + _asked.Count + Interlocked.Increment(ref _lastPort)),
                new IpEndpoint(VirtualNetwork.Gateway, (ushort)port));
            connection.Write(Encoding.UTF8.GetBytes(text));
            _asked.Add(new Question(connection, answer, new StringBuilder()));
        });
        return answer.Task.WaitAsync(s_patience);
    }

    /// <summary>The same over HTTP.</summary>
    public async Task<ControlAnswer> AskAsync(string request, string body = "", string fields = "")
    {
        string text = await AskAsync(
            80, $"{request} HTTP/1.1\r\nHost: gateway\r\nContent-Length: {body.Length}\r\n"
            + $"{fields}Connection: close\r\n\r\n{body}");
        return ControlAnswer.Parse(text);
    }

    public int Take(ReadOnlySpan<OutboundFrame> frames)
    {
        foreach (OutboundFrame frame in frames)
        {
            if (EthernetFrame.Parse(frame.Bytes).Type != 0x86dd) // the guest speaks IPv4
            {
                _frames.Enqueue(frame.Bytes.ToArray());
            }
        }

        return frames.Length;
    }

    /// <summary>Takes its link away.</summary>
    public void Leave() => _engine.Detach(_link);

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
    }

    private void Live()
    {
        while (!_isStopping)
        {
            _clock.AdvanceTo(_start + new Duration(_elapsed.Elapsed.Ticks * 100));
            bool isBusy = false;
            while (_frames.TryDequeue(out byte[]? frame))
            {
                isBusy = true;
                _guest.Receive(frame);
            }

            while (_todo.TryDequeue(out Action? action))
            {
                action();
            }

            Echo();
            Collect();
            _guest.Tick();
            _guest.Flush();
            if (!isBusy)
            {
                Thread.Sleep(1);
            }
        }
    }

    private void Echo()
    {
        for (int i = _served.Count - 1; i >= 0; i--)
        {
            GuestTcp connection = _served[i];
            if (connection.Available > 0)
            {
                connection.Write(connection.ReadAll());
            }

            if (connection.End == GuestTcpEnd.Reset)
            {
                Interlocked.Increment(ref _resets);
                _served.RemoveAt(i);
            }
            else if (connection.IsEndOfStream)
            {
                connection.Write("end"u8);
                connection.CloseSend();
                _served.RemoveAt(i);
            }
        }
    }

    private void Collect()
    {
        for (int i = _asked.Count - 1; i >= 0; i--)
        {
            (GuestTcp connection, TaskCompletionSource<string> answer, StringBuilder text) =
                _asked[i];
            text.Append(Encoding.UTF8.GetString(connection.ReadAll()));
            if (connection.IsEndOfStream || connection.End != GuestTcpEnd.None)
            {
                answer.SetResult(
                    connection.End == GuestTcpEnd.None ? text.ToString() : Refused);
                connection.Abort();
                _asked.RemoveAt(i);
            }
        }
    }

    private void Transmit(byte[] frame)
    {
        if (_link.TryInput(
            default, frame.Length, frame, static (room, bytes) => bytes.CopyTo(room)))
        {
            _link.Wake();
        }
    }

    private sealed record Question(
        GuestTcp Connection, TaskCompletionSource<string> Answer, StringBuilder Text);
}
