using System.Net;
using System.Text;

namespace Slipway.Services;

/// <summary>
/// A PAC file's program in a process beside the engine. It is sent there when it is needed, and
/// again when that process is another one. A program that ends its process time and again is not
/// run for a while: what it costs is bounded.
/// </summary>
internal sealed class RemotePacScript(ResolverProcess process, string text) : IPacScript
{
    private const int MaxDeaths = 3;
    private const long RestMs = 300_000;
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(10);

    // What a program may take, and the names that it asks for, with room for a busy machine.
    private static readonly TimeSpan s_patience =
        PacScript.TimeLimit + PacEvaluator.NameTimeLimit + TimeSpan.FromSeconds(6);
    private readonly byte[] _text = Encoding.UTF8.GetBytes(text);
    private readonly Lock _lock = new();
    private Task<ResolverConnection>? _sending;
    private ResolverConnection? _owner;
    private uint _id;
    private int _deaths;
    private long _restsUntilMs;

    /// <summary>Whether it is a program; where no process can be had, that remains open.</summary>
    /// <exception cref="PacException">It is none.</exception>
    public async Task CheckAsync()
    {
        Task sending = SendAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (sending.Exception?.InnerException is PacException { IsPassing: false } fault)
        {
            throw fault;
        }
    }

    public async Task<string> EvaluateAsync(
        string url, string host, Func<string, Task<IPAddress[]>> resolve)
    {
        if (!new EvaluateRequest(0, url, host).Fits)
        {
            throw new PacException("is not asked about so long an address");
        }

        ScriptAnswer? answer = null;
        for (int attempt = 0; answer is not { Code: not ResolverCode.NoScript }; attempt++)
        {
            if (attempt > 1)
            {
                throw Passing("is not kept by the process that runs it");
            }

            ResolverConnection connection = await SendAsync().ConfigureAwait(false);
            PendingEvaluation question = new(resolve, bytes => connection.SendAsync(bytes));
            if (!connection.TryAdd(question, s_patience, out uint id))
            {
                throw Passing("cannot be run now");
            }

            await connection.SendAsync(new EvaluateRequest(_id, url, host).Write(id))
                .ConfigureAwait(false);
            answer = Survived(await question.Answer.ConfigureAwait(false));
            if (answer.Code == ResolverCode.NoScript)
            {
                _owner = null;
            }
        }

        return answer.Code == ResolverCode.Done ? answer.Text
            : throw new PacException(answer.Text);
    }

    /// <summary>The process, which has the program; sent once for all who ask meanwhile.</summary>
    private Task<ResolverConnection> SendAsync()
    {
        lock (_lock)
        {
            if (_sending is null or { IsCompleted: true })
            {
                _sending = Task.Run(SendOnceAsync);
            }

            return _sending;
        }
    }

    private async Task<ResolverConnection> SendOnceAsync()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _restsUntilMs))
        {
            throw Passing("has ended the process that runs it too often, and rests");
        }

        ResolverConnection connection = await ConnectAsync().ConfigureAwait(false);
        if (connection == _owner)
        {
            return connection;
        }

        PendingScript question = new();
        if (!connection.TryAdd(question, s_patience, out uint id))
        {
            throw Passing("cannot be run now");
        }

        for (int sent = 0; sent == 0 || sent < _text.Length;)
        {
            int length = Math.Min(_text.Length - sent, ResolverMessage.MaxBodyBytes);
            bool isLast = sent + length == _text.Length;
            await connection.SendAsync(ResolverMessage.Write(
                ResolverMessageKind.ScriptPart, isLast ? (byte)1 : (byte)0, id,
                _text.AsSpan(sent, length))).ConfigureAwait(false);
            sent += Math.Max(length, 1);
        }

        ScriptAnswer answer = Survived(await question.Answer.ConfigureAwait(false));
        (_owner, _id) = answer.Code == ResolverCode.Done ? (connection, id)
            : throw new PacException(answer.Text);
        return connection;
    }

    private async Task<ResolverConnection> ConnectAsync()
    {
        using CancellationTokenSource patience = new(s_startPatience);
        try
        {
            return await process.ConnectAsync(patience.Token).ConfigureAwait(false)
                ?? throw Passing("cannot be run: there is no process for it");
        }
        catch (OperationCanceledException)
        {
            throw Passing("cannot be run: the process for it does not start in time");
        }
    }

    private ScriptAnswer Survived(ScriptAnswer? answer)
    {
        if (answer is not null)
        {
            _deaths = 0;
            return answer;
        }

        if (Interlocked.Increment(ref _deaths) >= MaxDeaths)
        {
            _deaths = 0;
            Volatile.Write(ref _restsUntilMs, Environment.TickCount64 + RestMs);
        }

        throw Passing("was not answered for: the process that runs it has ended");
    }

    private static PacException Passing(string message) => new(message) { IsPassing = true };
}
