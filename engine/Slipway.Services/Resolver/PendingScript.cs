namespace Slipway.Services;

/// <summary>A script that a process reads.</summary>
internal sealed class PendingScript : PendingQuestion
{
    private readonly TaskCompletionSource<ScriptAnswer?> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What came of it; null where the process has ended over it.</summary>
    public Task<ScriptAnswer?> Answer => _answer.Task;

    public override bool TryTake(in ResolverMessage message, out bool isLast)
    {
        isLast = true;
        return message.Kind == ResolverMessageKind.ScriptRead
            && ScriptAnswer.TryRead(message, out ScriptAnswer? answer)
            && _answer.TrySetResult(answer);
    }

    public override void Fail() => _answer.TrySetResult(null);
}
