using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Fuzz.Targets;

/// <summary>What must hold of a stack when all guests have left.</summary>
internal static class StackRest
{
    private static readonly Duration Longest = Duration.FromSeconds(24 * 3600);

    /// <summary>Time passes until nothing is due any more: then nothing may be left.</summary>
    /// <param name="stack">Without guests.</param>
    /// <param name="host">Without connections.</param>
    /// <param name="clock">Of both.</param>
    /// <param name="lasting">Sockets of the host that stay.</param>
    /// <param name="turn">A turn of the stack's.</param>
    public static void Await(
        GuestStack stack, SimHost host, FakeClock clock, int lasting, Action turn)
    {
        Instant end = clock.Now + Longest;
        for (Instant next = Next(stack, host); next != Instant.Never; next = Next(stack, host))
        {
            FuzzFaultException.If(
                next > end, $"it never comes to rest: {Left(stack, host, lasting)}");
            clock.AdvanceTo(next);
            turn();
        }

        FuzzFaultException.If(
            stack.Tcp.Count != 0 || stack.Tcp.HalfOpenCount != 0 || stack.Timers.Count != 0
                || stack.Udp.Count != 0 || stack.Pings.Count != 0 || stack.StationCount != 0
                || stack.Tcp.Chunks.RentedBytes != 0
                || stack.ReassemblyCount != 0 || host.OpenSockets != lasting,
            Left(stack, host, lasting));
    }

    /// <summary>When either next does something by itself.</summary>
    public static Instant Next(GuestStack stack, SimHost host) =>
        Instant.Min(stack.NextDeadline, host.NextEvent);

    private static string Left(GuestStack stack, SimHost host, int lasting) =>
        $"left are {stack.Tcp.Count} TCP flows, {stack.Tcp.HalfOpenCount} half open, "
            + $"{stack.Udp.Count} UDP and {stack.Pings.Count} echo flows, "
            + $"{stack.ReassemblyCount} datagrams, {stack.Timers.Count} timers, "
            + $"{stack.StationCount} stations, {stack.Tcp.Chunks.RentedBytes} bytes, "
            + $"{host.OpenSockets - lasting} sockets";
}
