using System.Diagnostics.CodeAnalysis;

namespace Slipway.Testing;

/// <summary>Fails the test when the engine emits what no network may carry.</summary>
internal static class Malformed
{
    public static void If([DoesNotReturnIf(true)] bool malformed, string what)
    {
        if (malformed)
        {
            throw new ExpectationException($"the engine sent {what}");
        }
    }
}
