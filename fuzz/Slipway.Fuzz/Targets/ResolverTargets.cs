using System.Net;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// What the engine reads of the processes beside it, which have read what strangers wrote. The
/// first byte says what they were asked; the rest is their answer.
/// </summary>
internal static class ResolverTargets
{
    private const uint Id = 1;

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("resolver-answer", Answer,
        [
            [0, .. Found(ResolverCode.Done, "192.0.2.1", "192.0.2.2")],
            [1, .. Found(ResolverCode.Done, "2001:db8::1")],
            [0, .. Found(ResolverCode.NoName)],
            [2, .. Text(ResolverMessageKind.ScriptRead, ResolverCode.Failed, "line 1: why")],
            [3, .. Text(ResolverMessageKind.Evaluated, ResolverCode.Done, "PROXY a.test:1")],
            [3, .. Text(ResolverMessageKind.Resolve, ResolverCode.Done, "www.a.test")],
        ]),
    ];

    private static byte[] Found(ResolverCode code, params string[] addresses) =>
        ResolverMessage.Write(
            ResolverMessageKind.Found, (byte)code, Id,
            [.. addresses.Select(address => IpAddress.Parse(address))]);

    private static byte[] Text(ResolverMessageKind kind, ResolverCode code, string text) =>
        ResolverMessage.Write(kind, (byte)code, Id, text);

    private static void Answer(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || ResolverMessage.TryParse(input[1..], out ResolverMessage message)
            != ParseError.None)
        {
            return;
        }

        switch (input[0] % 4)
        {
            case 0:
                Find(message, ipv4: true);
                break;
            case 1:
                Find(message, ipv4: false);
                break;
            case 2:
                PendingScript script = new();
                CheckText(script.TryTake(message, out _), script.Answer, message);
                break;
            default:
                PendingEvaluation evaluation = new(Resolve, _ => Task.CompletedTask);
                bool isTaken = evaluation.TryTake(message, out bool isLast);
                CheckText(isTaken && isLast, evaluation.Answer, message);
                break;
        }
    }

    private static Task<IPAddress[]> Resolve(string name)
    {
        FuzzFaultException.If(!ProxyServer.IsHost(name), "what is no host's name is looked up");
        return Task.FromResult<IPAddress[]>([]);
    }

    private static void Find(in ResolverMessage message, bool ipv4)
    {
        PendingFind question = new(ipv4);
        bool isTaken = question.TryTake(message, out _);
        FuzzFaultException.If(
            isTaken != question.Answer.IsCompleted, "an answer that counts leaves its asker alone");
        if (isTaken && question.Answer.Result is LocalName found)
        {
            FuzzFaultException.If(
                found.Addresses.Any(address => address.IsIPv4 != ipv4),
                "an address of the other family counts");
            FuzzFaultException.If(
                !found.Exists && found.Addresses.Count > 0, "a name that is none has addresses");
        }
    }

    private static void CheckText(
        bool isTaken, Task<ScriptAnswer?> answer, in ResolverMessage message)
    {
        FuzzFaultException.If(
            isTaken != answer.IsCompleted, "an answer that counts leaves its asker alone");
        if (isTaken && answer.Result is { Code: ResolverCode.Failed } failure)
        {
            FuzzFaultException.If(failure.Text.Any(char.IsControl), "lines are added to the log");
        }

        FuzzFaultException.If(
            isTaken && message.Body.Length > ResolverMessage.MaxTextBytes, "it is too long");
    }
}
