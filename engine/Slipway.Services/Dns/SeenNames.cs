using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// By what name guests have found an address last: for people who look at flows, and believed by
/// nobody. Bounded; the one that was found longest ago makes room. From any thread.
/// </summary>
internal sealed class SeenNames
{
    private const int Most = 4_096;

    /// <summary>Of one response: more are no names that people know addresses by.</summary>
    private const int MostOfOne = 16;

    private readonly Dictionary<IpAddress, LinkedListNode<Entry>> _byAddress = [];
    private readonly LinkedList<Entry> _byAge = new();
    private readonly Lock _lock = new();

    /// <summary>Notes the addresses in a response.</summary>
    /// <param name="name">What was asked for, in wire form.</param>
    /// <param name="response">Need not be well-formed.</param>
    public void Note(ReadOnlySpan<byte> name, ReadOnlySpan<byte> response)
    {
        string? text = null;
        foreach (DnsType type in (ReadOnlySpan<DnsType>)[DnsType.A, DnsType.Aaaa])
        {
            int length = type == DnsType.A
                ? IpAddress.IPv4LengthBytes : IpAddress.IPv6LengthBytes;
            AnswerReader reader = new(response);
            for (int i = 0; i < MostOfOne && reader.TryRead(type, out DnsRecord record); i++)
            {
                if (record.Data.Length == length)
                {
                    text ??= DomainName.Format(name).TrimEnd('.');
                    Note(text, type == DnsType.A
                        ? IpAddress.ReadIPv4(record.Data) : IpAddress.ReadIPv6(record.Data));
                }
            }
        }
    }

    /// <summary>The name of an address; null where nobody has found it by one.</summary>
    public string? Find(IpAddress address)
    {
        lock (_lock)
        {
            return _byAddress.TryGetValue(address, out LinkedListNode<Entry>? node)
                ? node.Value.Name : null;
        }
    }

    private void Note(string name, IpAddress address)
    {
        lock (_lock)
        {
            if (_byAddress.Remove(address, out LinkedListNode<Entry>? old))
            {
                _byAge.Remove(old);
            }
            else if (_byAddress.Count == Most)
            {
                _byAddress.Remove(_byAge.Last!.Value.Address);
                _byAge.RemoveLast();
            }

            _byAddress.Add(address, _byAge.AddFirst(new Entry(address, name)));
        }
    }

    private readonly record struct Entry(IpAddress Address, string Name);
}
