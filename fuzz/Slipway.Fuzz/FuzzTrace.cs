namespace Slipway.Fuzz;

/// <summary>What an execution does, on standard error, for whoever replays a finding.</summary>
internal static class FuzzTrace
{
    private static readonly bool s_isOn = Environment.GetEnvironmentVariable("TRACE") == "1";

    public static void Say(object what)
    {
        if (s_isOn)
        {
            Console.Error.WriteLine(what);
        }
    }
}
