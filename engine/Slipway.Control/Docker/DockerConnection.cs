using System.Net.Sockets;

namespace Slipway.Control;

/// <summary>
/// A client's connection to the guest's Docker engine: one request after another, each passed on
/// as it is but for the few that ports are a part of.
/// </summary>
/// <remarks>
/// <para>Theory of operation. Heads are read, bodies are passed on in the framing that they have,
/// both ways at once and no faster than the other side takes them. When dockerd answers that it
/// speaks something else from now on (101; or 200 with a raw stream, as it does for attach and
/// exec) all that follows are bytes, and each direction has an end of its own.</para>
/// <para>The end of what a client sends is passed on at any time: dockerd ends `logs -f` by
/// it.</para>
/// </remarks>
internal sealed partial class DockerConnection(
    DockerParts parts, Socket accepted, CancellationToken stop) : IDisposable
{
    private readonly DockerPeer _client = new(accepted);
    private readonly CancellationTokenSource _ending =
        CancellationTokenSource.CreateLinkedTokenSource(stop);

    private DockerPeer? _guest;

    private DockerPeer Guest => _guest!;

    /// <summary>Serves the client until it or dockerd ends. Does not throw.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await _client.ReadHeadAsync(_ending.Token).ConfigureAwait(false)
                is HttpHead request)
            {
                if (!await ServeAsync(request).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            await RefuseAsync(e).ConfigureAwait(false);
        }
        finally
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            _client.EndSending();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _guest?.Dispose();
        _ending.Dispose();
    }

    /// <summary>Serves one request. False when the connection ends with it.</summary>
    private async Task<bool> ServeAsync(HttpHead request)
    {
        if (request.IsResponse)
        {
            throw new HttpMessageException("the client sends a response");
        }

        await ConnectAsync().ConfigureAwait(false);
        DockerCall call = DockerCall.Of(request);
        return call.Kind switch
        {
            DockerCallKind.Create => await CreateAsync(request).ConfigureAwait(false),
            DockerCallKind.Start => await StartAsync(request, call.Container).ConfigureAwait(false),
            DockerCallKind.Inspect => await ShowAsync(request, parts.Views.ShowInspection)
                .ConfigureAwait(false),
            DockerCallKind.List => await ShowAsync(request, parts.Views.ShowList)
                .ConfigureAwait(false),
            DockerCallKind.Events => await ShowEventsAsync(request).ConfigureAwait(false),
            _ => await RelayAsync(request).ConfigureAwait(false),
        };
    }

    // The connection of an earlier request is kept, unless dockerd has ended it meanwhile.
    private async Task ConnectAsync()
    {
        if (_guest is { IsReadable: true })
        {
            _guest.Dispose();
            _guest = null;
        }

        _guest ??= new DockerPeer(
            await parts.Guest.ConnectAsync(_ending.Token).ConfigureAwait(false));
    }

    private async Task<bool> RelayAsync(HttpHead request)
    {
        Task sending = SendAsync(request);
        HttpHead response = await ReceiveHeadAsync().ConfigureAwait(false);
        return await DeliverAsync(request, response, sending).ConfigureAwait(false);
    }

    /// <summary>Sends a request to dockerd, then its body as it comes from the client.</summary>
    private async Task SendAsync(HttpHead request)
    {
        try
        {
            await Guest.SendAsync(request.ToBytes(), _ending.Token).ConfigureAwait(false);
            await CopyAsync(_client, Guest, BodyFraming.OfRequest(request), null)
                .ConfigureAwait(false);
            _client.WatchEnd(Guest.EndSending, _ending.Token);
        }
        catch
        {
            // dockerd is to see a body that breaks off, and end what waits for its answer.
            Guest.EndSending();
            throw;
        }
    }

    /// <summary>The response's head; interim ones are passed on.</summary>
    private async Task<HttpHead> ReceiveHeadAsync()
    {
        while (true)
        {
            HttpHead response = await Guest.ReadHeadAsync(_ending.Token).ConfigureAwait(false)
                ?? throw new DockerRefusal(
                    $"the guest's Docker engine at {parts.Guest} has ended the connection before "
                        + "it answered", 502);
            if (!response.IsResponse)
            {
                throw new HttpMessageException("the guest's Docker engine sends a request");
            }

            if (response.Status is 101 or >= 200)
            {
                return response;
            }

            await _client.SendAsync(response.ToBytes(), _ending.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Passes a response on. False when the connection ends with it.</summary>
    private async Task<bool> DeliverAsync(HttpHead request, HttpHead response, Task sending)
    {
        _isAnswered = true;
        await _client.SendAsync(response.ToBytes(), _ending.Token).ConfigureAwait(false);
        if (IsRaw(response))
        {
            await sending.ConfigureAwait(false);
            await TunnelAsync().ConfigureAwait(false);
            return false;
        }

        BodyFraming body = BodyFraming.OfResponse(response, request.Start[0]);
        await CopyAsync(Guest, _client, body, null).ConfigureAwait(false);
        if (request.IsLast || response.IsLast || body.EndsWithConnection)
        {
            _ = sending.ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
            return false;
        }

        await sending.ConfigureAwait(false);
        _isAnswered = false;
        return true;
    }

    /// <summary>Passes a body on, or collects its content, or both.</summary>
    private async Task CopyAsync(
        DockerPeer from, DockerPeer? to, BodyFraming body, BoundedContent? content)
    {
        while (!body.IsWhole)
        {
            if (from.Buffered.IsEmpty && !await from.FillAsync(_ending.Token).ConfigureAwait(false))
            {
                if (body.EndsWithConnection)
                {
                    return;
                }

                throw new HttpMessageException("the connection ends within a body");
            }

            int taken = body.Take(from.Buffered.Span, content);
            if (to is not null)
            {
                await to.SendAsync(from.Buffered[..taken], _ending.Token).ConfigureAwait(false);
            }

            from.Consume(taken);
        }
    }

    // 101, or dockerd's older way for attach and exec: a raw stream that has no length.
    private static bool IsRaw(HttpHead response) => response.Status == 101
        || (response.Status == 200 && !response.IsChunked && response.ContentLength is null
            && response.Find("Content-Type") is "application/vnd.docker.raw-stream"
                or "application/vnd.docker.multiplexed-stream");

    private async Task TunnelAsync()
    {
        Task up = CopyAllAsync(_client, Guest);
        Task down = CopyAllAsync(Guest, _client);
        await Task.WhenAll(up, down).ConfigureAwait(false);
    }

    private async Task CopyAllAsync(DockerPeer from, DockerPeer to)
    {
        try
        {
            while (!from.Buffered.IsEmpty
                || await from.FillAsync(_ending.Token).ConfigureAwait(false))
            {
                int length = from.Buffered.Length;
                await to.SendAsync(from.Buffered, _ending.Token).ConfigureAwait(false);
                from.Consume(length);
            }

            to.EndSending();
        }
        catch
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
