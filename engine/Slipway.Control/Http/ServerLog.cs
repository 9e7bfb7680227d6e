using Microsoft.Extensions.Logging;

namespace Slipway.Control;

/// <summary>
/// What the HTTP server has to say of bad requests, for the engine's log. Its words for them quote
/// what the guest has sent, which may be secret: only the kind of mistake is told.
/// </summary>
internal sealed class ServerLog(Action<string> write) : ILoggerFactory
{
    private const string BadRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    public ILogger CreateLogger(string categoryName) =>
        new Category(categoryName == BadRequests ? write : null);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Lines go where they come from.
    }

    private sealed class Category(Action<string>? write) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => write is not null;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, EventId eventId, TState state,
            Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is Microsoft.AspNetCore.Http.BadHttpRequestException bad)
            {
                write?.Invoke($"proxy: a request was refused with {bad.StatusCode}: "
                    + Words(bad.Message));
            }
        }

        // "Invalid request header: 'Cookie: ...'" and the like.
        private static string Words(string message) =>
            message.Split(['\'', ':'], 2)[0].TrimEnd();
    }
}
