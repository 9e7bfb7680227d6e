namespace Slipway.Stack;

/// <summary>
/// Whether to look for a second thing behind the first at a level-triggered descriptor. Where
/// things come one by one, looking is a system call in vain each time, and where they come in
/// bunches, not looking is one wait more for each: after a run of single ones it is left out for a
/// while. What is left behind is told by the next wait.
/// </summary>
public struct LookAhead
{
    private const int Run = 8;

    private int _singles;
    private int _leftOut;

    /// <summary>Asked behind the first; true when it is left out this time.</summary>
    public bool IsLeftOut()
    {
        if (_leftOut == 0)
        {
            return false;
        }

        _leftOut--;
        return true;
    }

    /// <summary>So many were there, and no more.</summary>
    public void NoteFound(int count)
    {
        _singles = count == 1 ? Math.Min(_singles + 1, Run) : 0;
        _leftOut = _singles == Run ? Run : 0;
    }
}
