using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>By what name an address was found, for people who look at flows.</summary>
public sealed class SeenNamesTests
{
    private readonly SeenNames _seen = new();

    [Fact]
    public void Address_FoundByANameAndThenAnother_HasTheLast()
    {
        Note("one.example", "192.0.2.1", "192.0.2.2");
        Note("two.example", "192.0.2.2");
        Assert.Equal("one.example", Find("192.0.2.1"));
        Assert.Equal("two.example", Find("192.0.2.2"));
        Assert.Null(Find("192.0.2.3"));
    }

    [Fact]
    public void Addresses_BeyondTheBound_MakeTheOldestGo()
    {
        Note("first.example", "192.0.2.1");
        for (int i = 0; i < 4_096; i++)
        {
            Note("many.example", $"10.0.{i >> 8}.{i & 255}");
        }

        Assert.Null(Find("192.0.2.1"));
        Assert.Equal("many.example", Find("10.0.0.0"));
    }

    [Fact]
    public void Response_OfAnyBeginning_ThrowsNothing()
    {
        byte[] query = new Query("one.example");
        byte[] response = TestNameServer.Addresses(query, "192.0.2.1");
        for (int i = 0; i < response.Length; i++)
        {
            _seen.Note(LocalNames.Encode("one.example"), response.AsSpan(0, i));
        }

        Assert.Null(Find("192.0.2.1"));
    }

    private string? Find(string address) => _seen.Find(IpAddress.Parse(address));

    private void Note(string name, params string[] addresses) => _seen.Note(
        LocalNames.Encode(name), TestNameServer.Addresses(new Query(name), addresses));
}
