using System.Collections.Concurrent;

namespace Slipway.Services.Tests.Proxy;

/// <summary>The log of a test.</summary>
internal sealed class Lines
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string All => string.Join('\n', _lines);

    public int Count => _lines.Count;

    public void Add(string line) => _lines.Enqueue(line);
}
