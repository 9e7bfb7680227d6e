namespace Slipway.Services;

/// <summary>A question that a process beside the engine has not answered yet.</summary>
internal abstract class PendingQuestion
{
    /// <summary>
    /// When an answer is overdue (<see cref="Environment.TickCount64"/>): then its process does not
    /// work as it should.
    /// </summary>
    public long DueMs { get; set; }

    /// <summary>Takes a message with the question's id.</summary>
    /// <param name="message">What the process says.</param>
    /// <param name="isLast">The question is answered.</param>
    /// <returns>False: it is no answer to this question.</returns>
    public abstract bool TryTake(in ResolverMessage message, out bool isLast);

    /// <summary>There will be no answer: the process has ended.</summary>
    public abstract void Fail();
}
