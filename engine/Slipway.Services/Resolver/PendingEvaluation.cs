using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A script that a process runs; meanwhile it asks for names, one at a time.</summary>
/// <param name="resolve">Looks a name up; does not throw.</param>
/// <param name="send">Sends the process what was found; does not throw.</param>
internal sealed class PendingEvaluation(
    Func<string, Task<IPAddress[]>> resolve, Func<byte[], Task> send) : PendingQuestion
{
    private readonly TaskCompletionSource<ScriptAnswer?> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isResolving;

    /// <summary>What the script said; null where the process has ended over it.</summary>
    public Task<ScriptAnswer?> Answer => _answer.Task;

    public override bool TryTake(in ResolverMessage message, out bool isLast)
    {
        isLast = message.Kind != ResolverMessageKind.Resolve;
        if (!isLast)
        {
            return TryResolve(message);
        }

        return message.Kind == ResolverMessageKind.Evaluated
            && ScriptAnswer.TryRead(message, out ScriptAnswer? answer)
            && _answer.TrySetResult(answer);
    }

    public override void Fail() => _answer.TrySetResult(null);

    private bool TryResolve(in ResolverMessage message)
    {
        if (message.ReadText() is not string name || !ProxyServer.IsHost(name)
            || Interlocked.Exchange(ref _isResolving, 1) != 0)
        {
            return false;
        }

        uint id = message.Id;
        _ = Task.Run(() => ResolveAsync(id, name));
        return true;
    }

    private async Task ResolveAsync(uint id, string name)
    {
        IPAddress[] found = await resolve(name).ConfigureAwait(false);
        Volatile.Write(ref _isResolving, 0);
        await send(ResolverMessage.Write(
            ResolverMessageKind.Resolved, 0, id,
            [.. found.Select(IpAddress.From)])).ConfigureAwait(false);
    }
}
