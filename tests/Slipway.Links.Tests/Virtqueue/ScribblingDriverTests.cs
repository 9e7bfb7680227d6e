using System.Diagnostics;
using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>
/// A driver that writes anything anywhere in its memory while the engine reads it: what is checked
/// must be what is used. An access outside the memory would end the process.
/// </summary>
public sealed class ScribblingDriverTests
{
    private const int Seed = 20_261_124;
    private const int Size = 16;
    private const int MemoryBytes = 64 * 1024;
    // Until both sides have had their turns: a busy machine may run one of them alone for long.
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] s_openChecksum = [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0];

    [Fact]
    public void Driver_ScribblingWhileItIsRead_NeverLeavesItsMemory()
    {
        // CVE-2026-93683, -86565, -86566, -86848: lengths and indices that were read twice.
        using QueueBench sink = new(Size) { IsCounting = true };
        using SharedMemory shared = new(MemoryBytes);
        using GuestMemory memory = shared.Map();
        DriverRing[] drivers = [new(shared, 0x1000, Size), new(shared, 0x2000, Size)];
        using CancellationTokenSource end = new();
        Thread scribbler = new(() => Scribble(shared, drivers, end.Token));
        scribbler.Start();

        SplitRing[] rings = [new(), new()];
        ReceiveQueue receive = new(rings[0], new byte[TransmitBatch.FrameBufferBytes])
        {
            IsEnabled = true,
            IsMergeable = true,
        };
        TransmitQueue transmit = new(
            rings[1], new TransmitBatch());
        GatheredText text = new();
        int left = 0;
        sink.OnBatch = batch => left += ReadWhereItIs(batch, text);
        HashSet<RingFault> faults = [];
        int sent = 0;
        Stopwatch time = Stopwatch.StartNew();
        bool isEnough = false;
        while (!isEnough && time.Elapsed < Patience)
        {
            for (int i = 0; i < 2; i++)
            {
                if (!rings[i].IsRunning)
                {
                    faults.Add(rings[i].Fault);
                    receive.Forget();
                    Assert.True(rings[i].TryStart(
                        memory, drivers[i].Layout, drivers[i].UsedIndex, true, true));
                }
            }

            Span<byte> place = receive.Reserve(1 + (sent % 5_000));
            place.Fill(0x11);
            sent += receive.Commit(place.Length, default) ? 1 : 0;
            transmit.Drain(8, sink, sink, default);
            rings[0].Notify();
            rings[1].Notify();
            isEnough = time.Elapsed > LeastTime && faults.Count > 3 && sent > 0 && sink.Count > 0
                && left > 0;
        }

        end.Cancel();
        scribbler.Join();
        Assert.True(faults.Count > 3, string.Join(' ', faults));
        Assert.True(sent > 0 && sink.Count > 0, $"{sent} to the guest, {sink.Count} from it");
        Assert.True(left > 0, "no text was left in the guest's memory");
    }

    // How many frames have text that was left.
    private static int ReadWhereItIs(FrameBatch batch, GatheredText text)
    {
        int left = 0;
        text.Clear();
        for (int i = 0; i < batch.Count; i++)
        {
            if (!batch.IsWhole(i))
            {
                left++;
                Assert.True(batch.TryGather(batch.Frame(i)[batch.HeadBytes(i)..], text));
            }
        }

        for (int i = 0; i < text.Count; i++)
        {
            _ = text.Piece(i).IndexOf((byte)0xa5);
        }

        return left;
    }

    private static void Scribble(
        SharedMemory shared, DriverRing[] drivers, CancellationToken end)
    {
        Random random = new(Seed);
        byte[] bytes = new byte[24];
        while (!end.IsCancellationRequested)
        {
            int which = random.Next(2);
            DriverRing driver = drivers[which];
            ulong address = SharedMemory.GuestBase + (ulong)random.Next(MemoryBytes);
            int flags = random.Next(4) == 0 ? random.Next(8) : which == 0 ? 2 : 0;
            flags |= random.Next(3) == 0 ? DriverRing.Next : 0;
            if (random.Next(4) == 0 && address < SharedMemory.GuestBase + MemoryBytes - 24)
            {
                shared.Write(address, s_openChecksum);
            }

            int length = random.Next(random.Next(3) == 0 ? 30_000 : 3_000);
            driver.Describe(random.Next(Size), address, (uint)length, flags, random.Next(Size));
            driver.Offer(random.Next(Size));
            driver.SetAvailable(driver.UsedIndex + random.Next(Size + 1));
            if (random.Next(20) == 0)
            {
                random.NextBytes(bytes);
                shared.Write(
                    SharedMemory.GuestBase + (ulong)random.Next(MemoryBytes - 24), bytes);
            }
        }
    }
}
