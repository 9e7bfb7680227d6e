using System.Net;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Runs PAC files. The few that were used last are kept, each in an engine of its own for each
/// evaluation; their names are asked of the engine, which knows what guests may see.
/// </summary>
internal sealed class ScriptService(int channel) : ResolverService(channel)
{
    private const int MaxScripts = 4;

    // A text of that many bytes as a file, where each was no UTF-8.
    private const int MaxTextBytes = PacSource.MaxLengthBytes * 3;

    // The engine answers sooner, or has ended.
    private static readonly TimeSpan s_namePatience = PacEvaluator.NameTimeLimit * 2;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, MemoryStream> _parts = [];
    private readonly LinkedList<(uint Id, PacScript Script)> _scripts = [];
    private readonly Dictionary<uint, TaskCompletionSource<IPAddress[]>> _names = [];

    private protected override bool TryTake(in ResolverMessage message)
    {
        uint id = message.Id;
        switch (message.Kind)
        {
            case ResolverMessageKind.ScriptPart:
                return TryTakePart(message);
            case ResolverMessageKind.Evaluate:
                EvaluateRequest request = EvaluateRequest.Read(message);
                _ = Task.Run(() => Evaluate(id, request));
                return true;
            case ResolverMessageKind.Resolved:
                TakeAddresses(id, message.ReadAddresses());
                return true;
            default:
                return false;
        }
    }

    private bool TryTakePart(in ResolverMessage message)
    {
        uint id = message.Id;
        if (!_parts.TryGetValue(id, out MemoryStream? text))
        {
            text = new MemoryStream();
            _parts.Add(id, text);
        }

        text.Write(message.Body);
        if (text.Length > MaxTextBytes || _parts.Count > MaxScripts)
        {
            return false;
        }

        if (message.Code != 0)
        {
            _parts.Remove(id);
            string whole = Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
            _ = Task.Run(() => Read(id, whole));
        }

        return true;
    }

    private void Read(uint id, string text)
    {
        ResolverCode code = ResolverCode.Done;
        string fault = "";
        try
        {
            PacScript script = new(text, TimeProvider.System);
            lock (_lock)
            {
                _scripts.AddFirst((id, script));
                if (_scripts.Count > MaxScripts)
                {
                    _scripts.RemoveLast();
                }
            }
        }
        catch (PacException error)
        {
            (code, fault) = (ResolverCode.Failed, error.Message);
        }

        Send(ResolverMessage.Write(ResolverMessageKind.ScriptRead, (byte)code, id, fault));
    }

    private void Evaluate(uint id, EvaluateRequest request)
    {
        (ResolverCode code, string text) = (ResolverCode.NoScript, "");
        try
        {
            if (Find(request.Script) is PacScript script)
            {
                text = script.Evaluate(request.Url, request.Host, name => Resolve(id, name));
                code = ResolverCode.Done;
            }
        }
        catch (PacException error)
        {
            (code, text) = (ResolverCode.Failed, error.Message);
        }

        if (code == ResolverCode.Done
            && Encoding.UTF8.GetByteCount(text) > ResolverMessage.MaxTextBytes)
        {
            (code, text) = (ResolverCode.Failed, "returned a text of more than 8 KiB");
        }

        Send(ResolverMessage.Write(ResolverMessageKind.Evaluated, (byte)code, id, text));
    }

    private PacScript? Find(uint id)
    {
        lock (_lock)
        {
            for (LinkedListNode<(uint Id, PacScript Script)>? at = _scripts.First;
                at is not null; at = at.Next)
            {
                if (at.Value.Id == id)
                {
                    _scripts.Remove(at);
                    _scripts.AddFirst(at);
                    return at.Value.Script;
                }
            }

            return null;
        }
    }

    private IPAddress[] Resolve(uint id, string name)
    {
        TaskCompletionSource<IPAddress[]> answer = new();
        lock (_lock)
        {
            _names[id] = answer;
        }

        Send(ResolverMessage.Write(ResolverMessageKind.Resolve, 0, id, name));
        return answer.Task.Wait(s_namePatience) ? answer.Task.Result : [];
    }

    private void TakeAddresses(uint id, IpAddress[] addresses)
    {
        TaskCompletionSource<IPAddress[]>? answer;
        lock (_lock)
        {
            _names.Remove(id, out answer);
        }

        answer?.TrySetResult([.. addresses.Select(address => address.ToIPAddress())]);
    }
}
