using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Slipway;

/// <summary>
/// Shows something again each second until it is stopped: in place on a terminal; elsewhere one
/// table behind the other, or an object a line.
/// </summary>
internal static class Watch
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <param name="ask">What there is now.</param>
    /// <param name="type">Its JSON; null for tables.</param>
    /// <param name="list">Its table.</param>
    public static async Task RunAsync<T>(
        Func<CancellationToken, Task<T>> ask, JsonTypeInfo<T>? type, Func<T, Listing> list)
    {
        using CancellationTokenSource stop = new();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, Stop);
        try
        {
            await (type is null && !Console.IsOutputRedirected
                ? ShowInPlaceAsync(ask, list, stop.Token)
                : WriteAsync(ask, type, list, stop.Token));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // as it was told
        }
    }

    // What a terminal has no room for is cut off, and that is shown.
    private static async Task ShowInPlaceAsync<T>(
        Func<CancellationToken, Task<T>> ask, Func<T, Listing> list, CancellationToken stop)
    {
        T first = await ask(stop);
        await AnsiConsole.Live(list(first).Table).Overflow(VerticalOverflow.Ellipsis).StartAsync(
            async live =>
            {
                while (true)
                {
                    live.UpdateTarget(list(await ask(stop)).Table);
                    live.Refresh();
                    await Task.Delay(s_period, stop);
                }
            });
    }

    private static async Task WriteAsync<T>(
        Func<CancellationToken, Task<T>> ask, JsonTypeInfo<T>? type, Func<T, Listing> list,
        CancellationToken stop)
    {
        using Stream output = Console.OpenStandardOutput();
        while (true)
        {
            T value = await ask(stop);
            if (type is null)
            {
                list(value).Print();
                Console.Out.WriteLine();
            }
            else
            {
                byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];
                output.Write(line);
            }

            await Task.Delay(s_period, stop);
        }
    }
}
