namespace Slipway.Fuzz;

/// <summary>What must hold after an execution does not.</summary>
internal sealed class FuzzFaultException(string what) : Exception(what)
{
    public static void If(bool isWrong, string what)
    {
        if (isWrong)
        {
            throw new FuzzFaultException(what);
        }
    }
}
