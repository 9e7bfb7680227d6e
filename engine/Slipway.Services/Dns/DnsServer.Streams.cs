using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>DNS over TCP (RFC 7766): a message's length in two bytes, then the message.</summary>
public sealed partial class DnsServer
{
    /// <summary>Queries are short; one that is longer than this ends its connection.</summary>
    private const int MaxStreamQueryLengthBytes = 4_096;

    /// <summary>
    /// Answered at the same time on one connection; the next one waits to be read.
    /// </summary>
    private const int MaxPipelined = 16;

    /// <summary>
    /// Serves a guest's connection until the guest closes it, is silent too long, or breaks the
    /// framing; then closes it. Answers go out as they come (RFC 7766 section 6.2.1.1). Never
    /// throws for what the guest does.
    /// </summary>
    /// <param name="connection">The service's end; owned from here on.</param>
    /// <param name="link">Who asks.</param>
    public async Task ServeStreamAsync(
        Stream connection, int link, CancellationToken stop = default)
    {
        await using (connection.ConfigureAwait(false))
        {
            if (!_streams.TryEnter(link))
            {
                Counters.CountDropped();
                return;
            }

            try
            {
                using CancellationTokenSource ending =
                    CancellationTokenSource.CreateLinkedTokenSource(
                    stop, _stopping.Token);
                await ServeQueriesAsync(connection, link, ending).ConfigureAwait(false);
            }
            catch (Exception error)
                when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The guest left or was silent: an ordinary end of a connection.
                _ = error;
            }
            finally
            {
                _streams.Leave(link);
            }
        }
    }

    private async Task ServeQueriesAsync(
        Stream connection, int link, CancellationTokenSource ending)
    {
        CancellationToken stop = ending.Token;
        using SemaphoreSlim writing = new(1);
        using SemaphoreSlim pipelined = new(MaxPipelined);
        List<Task> answers = [];
        byte[] length = new byte[2];
        try
        {
            while (true)
            {
                await pipelined.WaitAsync(stop).ConfigureAwait(false);
                answers.RemoveAll(answer => answer.IsCompleted);
                if (await ReadQueryAsync(connection, length, stop).ConfigureAwait(false)
                    is not byte[] query)
                {
                    return;
                }

                answers.Add(AnswerOnAsync(connection, query, link, writing, pipelined, ending));
            }
        }
        finally
        {
            // A guest may close its side and wait for the answers.
            await Task.WhenAll(answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The next query; null at the end of the stream or of patience.</summary>
    private async Task<byte[]?> ReadQueryAsync(
        Stream connection, byte[] length, CancellationToken stop)
    {
        using CancellationTokenSource silent = new(_settings.StreamIdleTime, _settings.Time);
        using CancellationTokenSource idle =
            CancellationTokenSource.CreateLinkedTokenSource(stop, silent.Token);
        if (await connection.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, idle.Token)
            .ConfigureAwait(false) < 2)
        {
            return null;
        }

        int lengthBytes = BinaryPrimitives.ReadUInt16BigEndian(length);
        if (lengthBytes is < DnsMessage.HeaderLengthBytes or > MaxStreamQueryLengthBytes)
        {
            Counters.CountMalformed();
            return null;
        }

        byte[] query = new byte[lengthBytes];
        int read = await connection.ReadAtLeastAsync(
            query, lengthBytes, throwOnEndOfStream: false, idle.Token).ConfigureAwait(false);
        return read == lengthBytes ? query : null;
    }

    private async Task AnswerOnAsync(
        Stream connection,
        byte[] query,
        int link,
        SemaphoreSlim writing,
        SemaphoreSlim pipelined,
        CancellationTokenSource ending)
    {
        CancellationToken stop = ending.Token;
        try
        {
            byte[]? response = await AnswerAsync(query, link, overTcp: true, stop)
                .ConfigureAwait(false);
            if (response is not null)
            {
                byte[] framed = new byte[2 + response.Length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)response.Length);
                response.CopyTo(framed, 2);

                // A guest that does not read its answers is as one that does not ask.
                using CancellationTokenSource waited =
                    new(_settings.StreamIdleTime, _settings.Time);
                using CancellationTokenSource patience =
                    CancellationTokenSource.CreateLinkedTokenSource(stop, waited.Token);
                await writing.WaitAsync(patience.Token).ConfigureAwait(false);
                try
                {
                    await connection.WriteAsync(framed, patience.Token).ConfigureAwait(false);
                }
                catch
                {
                    // Behind half an answer nothing can be told any more.
                    await ending.CancelAsync().ConfigureAwait(false);
                    throw;
                }
                finally
                {
                    writing.Release();
                }
            }
        }
        finally
        {
            pipelined.Release();
        }
    }
}
