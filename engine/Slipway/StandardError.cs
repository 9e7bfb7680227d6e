using System.Text;

namespace Slipway;

/// <summary>
/// Says lines on standard error, each in one write, so that those of several processes on one
/// terminal do not mix. Console is not used: it would take the terminal's settings over.
/// </summary>
internal static class StandardError
{
    private static readonly Lock Gate = new();

    private static Stream _output = Console.OpenStandardError();

    /// <summary>Writes "slipway: " and the text.</summary>
    public static void Say(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes($"slipway: {text}\n");
        lock (Gate)
        {
            try
            {
                _output.Write(line);
            }
            catch (IOException)
            {
                // The reader of standard error is gone (EPIPE): say no more to it.
                _output = Stream.Null;
            }
        }
    }
}
