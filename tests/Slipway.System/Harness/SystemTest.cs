using Xunit.Abstractions;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A test with a fresh guest and a fresh engine for each case, in the shared site. What the test
/// has started is ended in the reverse order, also when it has failed.
/// </summary>
[Collection(SiteCollection.Name)]
public abstract class SystemTest(Site site, ITestOutputHelper output) : IDisposable
{
    private readonly Stack<IDisposable> owned = new();

    protected const int WideMtuBytes = 65520;

    protected Site Site { get; } = site;

    /// <summary>The engine of <see cref="StartGuest"/>; null when the control stands in.</summary>
    protected SlipwayEngine? Engine { get; private set; }

    /// <summary>
    /// Starts an engine with one TAP, which it configures, and returns the guest behind it.
    /// </summary>
    protected Guest StartGuest(int mtuBytes = WideMtuBytes, params IEnumerable<string> arguments)
    {
        Guest guest = Own(new Guest());
        if (Site.EngineIsKernel)
        {
            Own(new KernelRouter(Site, guest, mtuBytes));
        }
        else
        {
            StartEngine([Link(guest), "--mtu", $"{mtuBytes}", .. arguments]);
        }

        return guest;
    }

    /// <summary>
    /// Starts an engine with TAPs that it does not configure: the guests' kernels do, in IPv6.
    /// </summary>
    protected Guest[] StartBareGuests(int count)
    {
        Guest[] guests = [.. Enumerable.Range(0, count).Select(_ => Own(new Guest()))];
        StartEngine([.. guests.Select(guest => Link(guest, ",configure=no")), "--mtu=1500"]);
        foreach (Guest guest in guests)
        {
            guest.Namespace.Configure($"link set {Guest.Interface} up");
        }

        return guests;
    }

    protected SlipwayEngine StartEngine(params IEnumerable<string> arguments) =>
        Engine = Own(new SlipwayEngine(Site, arguments));

    /// <summary>The option that gives the engine a TAP in the guest's namespace.</summary>
    protected static string Link(Guest guest, string more = "") =>
        $"--link=tap:{Guest.Interface},netns={guest.Namespace.Path}{more}";

    /// <summary>Writes a measured figure to the report.</summary>
    protected void Note(string figure) => output.WriteLine(figure);

    protected T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (Engine is { Log.Length: > 0 } engine)
        {
            output.WriteLine($"the engine said:\n{engine.Log}");
        }

        List<Exception> failures = [];
        while (owned.TryPop(out IDisposable? last))
        {
            try
            {
                last.Dispose();
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // The rest is still to be removed; the first failure is reported after that.
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }
}
