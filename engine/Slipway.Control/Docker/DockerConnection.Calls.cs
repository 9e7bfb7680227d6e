using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// The requests that ports are a part of, and what is answered when nothing works.
/// </summary>
internal sealed partial class DockerConnection
{
    /// <summary>The most that inspection of a container may have, or the list of them.</summary>
    private const int MostShownBytes = DockerEngineClient.MaximumBytes;

    private static ReadOnlyMemory<byte> Continue { get; } =
        "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    private const long MostLingerBytes = 64 << 20;
    private static readonly TimeSpan s_lingerTime = TimeSpan.FromSeconds(2);

    private bool _isAnswered;

    private async Task<bool> CreateAsync(HttpHead request)
    {
        if (request.HasWord("Expect", "100-continue"))
        {
            await _client.SendAsync(Continue, _ending.Token).ConfigureAwait(false);
            request.Remove("Expect");
        }

        BoundedContent content = new(CreateBody.MaximumBytes);
        await CollectAsync(_client, BodyFraming.OfRequest(request), content)
            .ConfigureAwait(false);
        CreateBody body = CreateBody.Parse(content.Span);
        using GuestPorts.Reservation? ports = body.IsPlain ? null
            : await parts.GuestPorts.ReserveAsync(_ending.Token).ConfigureAwait(false);
        ReadOnlyMemory<byte> bytes = ports is null ? content.Memory
            : body.Rewrite(ports.Choose, parts.GuestIsIpv6 ? "::" : "0.0.0.0");
        request.SetContentLength(bytes.Length);
        await Guest.SendAsync(request.ToBytes(), _ending.Token).ConfigureAwait(false);
        await Guest.SendAsync(bytes, _ending.Token).ConfigureAwait(false);
        _client.WatchEnd(Guest.EndSending, _ending.Token);
        HttpHead response = await ReceiveHeadAsync().ConfigureAwait(false);
        return await DeliverAsync(request, response, Task.CompletedTask).ConfigureAwait(false);
    }

    private async Task<bool> StartAsync(HttpHead request, string container)
    {
        using PortStart? start = await parts.Keeper.BeginStartAsync(container, _ending.Token)
            .ConfigureAwait(false);
        if (start is null)
        {
            return await RelayAsync(request).ConfigureAwait(false);
        }

        HttpHead response;
        string? problem;
        Task sending = SendAsync(request);
        try
        {
            response = await ReceiveHeadAsync().ConfigureAwait(false);
        }
        finally
        {
            problem = await start.FinishAsync(stop).ConfigureAwait(false);
        }

        if (problem is not null && response.Status < 300 && !start.WasRunning)
        {
            await parts.Docker.KillAsync(start.Id, stop).ConfigureAwait(false);
            throw new DockerRefusal(problem);
        }

        return await DeliverAsync(request, response, sending).ConfigureAwait(false);
    }

    /// <summary>Changes a JSON answer on its way to the client.</summary>
    private async Task<bool> ShowAsync(HttpHead request, Action<JsonNode> show)
    {
        request.Remove("Accept-Encoding");
        Task sending = SendAsync(request);
        HttpHead response = await ReceiveHeadAsync().ConfigureAwait(false);
        if (response.Status != 200)
        {
            return await DeliverAsync(request, response, sending).ConfigureAwait(false);
        }

        BoundedContent content = new(MostShownBytes);
        BodyFraming framing = BodyFraming.OfResponse(response, request.Start[0]);
        await CollectAsync(Guest, framing, content).ConfigureAwait(false);
        ReadOnlyMemory<byte> bytes = content.Memory;
        if (JsonNode.Parse(bytes.Span) is JsonNode node)
        {
            show(node);
            bytes = DockerJson.Write(node);
        }

        response.SetContentLength(bytes.Length);
        _isAnswered = true;
        await _client.SendAsync(response.ToBytes(), _ending.Token).ConfigureAwait(false);
        await _client.SendAsync(bytes, _ending.Token).ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        _isAnswered = false;
        return !request.IsLast && !response.IsLast && !framing.EndsWithConnection;
    }

    /// <summary>Changes what happens, line by line.</summary>
    private async Task<bool> ShowEventsAsync(HttpHead request)
    {
        request.Remove("Accept-Encoding");
        Task sending = SendAsync(request);
        HttpHead response = await ReceiveHeadAsync().ConfigureAwait(false);
        if (response.Status != 200 || !response.IsChunked)
        {
            return await DeliverAsync(request, response, sending).ConfigureAwait(false);
        }

        _isAnswered = true;
        await _client.SendAsync(response.ToBytes(), _ending.Token).ConfigureAwait(false);
        ChunkedBody body = new();
        EventLines lines = new();
        while (!body.IsWhole)
        {
            if (Guest.Buffered.IsEmpty
                && !await Guest.FillAsync(_ending.Token).ConfigureAwait(false))
            {
                return false;
            }

            Guest.Consume(body.Take(Guest.Buffered.Span, lines.Arrived));
            await _client.SendAsync(lines.TakeChunk(isEnd: body.IsWhole), _ending.Token)
                .ConfigureAwait(false);
        }

        await sending.ConfigureAwait(false);
        _isAnswered = false;
        return !request.IsLast && !response.IsLast;
    }

    private async Task CollectAsync(DockerPeer from, BodyFraming body, BoundedContent content)
    {
        try
        {
            await CopyAsync(from, null, body, content).ConfigureAwait(false);
        }
        catch (HttpMessageException e) when (from == _client)
        {
            throw new DockerRefusal(e.Message, 413);
        }
    }

    // A client that still sends is to read the answer first: closing on what is unread would reset.
    private async Task LingerAsync()
    {
        _client.EndSending();
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_lingerTime);
        try
        {
            for (long left = MostLingerBytes; left > 0; left -= _client.Buffered.Length)
            {
                _client.Consume(_client.Buffered.Length);
                if (!await _client.FillAsync(patience.Token).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return; // it has gone, or sends without end
        }
    }

    /// <summary>
    /// Says what went wrong, if there is anybody left to hear it and nothing has been said yet.
    /// </summary>
    private async Task RefuseAsync(Exception problem)
    {
        if (stop.IsCancellationRequested || _isAnswered)
        {
            return;
        }

        DockerRefusal refusal = problem switch
        {
            DockerRefusal known => known,
            HttpMessageException => new DockerRefusal(problem.Message, 400),
            HttpRequestException or SocketException or IOException or JsonException =>
                new DockerRefusal(
                    $"slipway does not reach the guest's Docker engine at {parts.Guest} "
                        + $"({problem.Message}); is it running?", 503),
            ControlException => new DockerRefusal(problem.Message, 503),
            _ => new DockerRefusal($"slipway docker: {problem.Message}"),
        };
        if (problem is not (DockerRefusal or SocketException or OperationCanceledException))
        {
            parts.Log(LogLevel.Warning, $"a request is not served: {refusal.Message}");
        }

        try
        {
            await _client.SendAsync(refusal.ToResponse(), stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return; // the client has gone
        }

        await LingerAsync().ConfigureAwait(false);
    }
}
