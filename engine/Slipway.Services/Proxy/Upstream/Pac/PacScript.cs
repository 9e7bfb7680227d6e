using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Acornima.Ast;
using Jint;
using Jint.Native;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Slipway.Services;

/// <summary>
/// A PAC file's program, ready to run. Each evaluation has an engine of its own, so that nothing
/// piles up from one to the next, within the limits of <see cref="PacSandbox"/>: no file, no
/// network but names, no types of the runtime.
/// </summary>
internal sealed class PacScript
{
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);
    private const string Entry = "FindProxyForURL";

    private readonly Prepared<Script> _program;
    private readonly TimeProvider _time;

    /// <exception cref="PacException">It is not a program.</exception>
    public PacScript(string text, TimeProvider time)
    {
        _time = time;
        try
        {
            _program = Engine.PrepareScript(text);
        }
        catch (ScriptPreparationException error)
        {
            throw new PacException($"is not JavaScript: {error.Message}", error);
        }
    }

    /// <summary>
    /// What FindProxyForURL returns. Takes the time limit at most on this thread, and what
    /// <paramref name="resolve"/> takes beside it.
    /// </summary>
    /// <exception cref="PacException">It fails or goes over a limit.</exception>
    public string Evaluate(string url, string host, Func<string, IPAddress[]> resolve)
    {
        try
        {
            PacClock clock = new(TimeLimit);
            using Engine engine = new(options => PacSandbox.Limit(options, clock));
            Prepare(engine, new PacHosts(name => clock.Outside(() => resolve(name))));
            engine.Execute(_program);
            JsValue result = engine.Invoke(Entry, url, host);
            return result.IsString() ? result.AsString()
                : result.IsNull() || result.IsUndefined() ? ""
                : throw new PacException($"{Entry} returned no text");
        }
        catch (Exception error) when (error is not PacException)
        {
            // Whatever goes wrong in an interpreter of others' texts is the text's failure.
            throw new PacException(
                error is TimeoutException or RegexMatchTimeoutException
                    ? $"takes longer than {TimeLimit.TotalSeconds} s" : error.Message,
                error);
        }
    }

    private void Prepare(Engine engine, PacHosts hosts)
    {
        PacSandbox.Bound(engine);
        Define(engine, "isPlainHostName", a => PacHosts.IsPlainHostName(a(0)));
        Define(engine, "dnsDomainIs", a => PacHosts.DnsDomainIs(a(0), a(1)));
        Define(engine, "localHostOrDomainIs", a => PacHosts.LocalHostOrDomainIs(a(0), a(1)));
        Define(engine, "dnsDomainLevels", a => PacHosts.DnsDomainLevels(a(0)));
        Define(engine, "shExpMatch", a => PacHosts.ShellMatches(a(0), a(1)));
        Define(engine, "isResolvable", a => hosts.DnsResolve(a(0)) is not null);
        Define(engine, "isResolvableEx", a => hosts.DnsResolveEx(a(0)).Length > 0);
        Define(engine, "isInNet", a => hosts.IsInNet(a(0), a(1), a(2)));
        Define(engine, "isInNetEx", a => hosts.IsInNetEx(a(0), a(1)));
        Define(engine, "dnsResolve", a => hosts.DnsResolve(a(0)) ?? JsValue.Null);
        Define(engine, "dnsResolveEx", a => hosts.DnsResolveEx(a(0)));
        Define(engine, "sortIpAddressList", a => PacHosts.SortAddresses(a(0)));
        Define(engine, "myIpAddress", _ => PacHosts.MyAddress(AddressFamily.InterNetwork));
        Define(engine, "myIpAddressEx", _ => string.Join(';', new[]
        {
            PacHosts.MyAddress(AddressFamily.InterNetworkV6),
            PacHosts.MyAddress(AddressFamily.InterNetwork),
        }.Where(address => address.Length > 0)));
        Define(engine, "getClientVersion", _ => "1.0");
        Define(engine, "alert", _ => JsValue.Undefined);
        DefineRange(engine, "weekdayRange", PacTimes.WeekdayRange);
        DefineRange(engine, "dateRange", PacTimes.DateRange);
        DefineRange(engine, "timeRange", PacTimes.TimeRange);
    }

    private static void Define(Engine engine, string name, Func<Func<int, string>, JsValue> body) =>
        engine.SetValue(name, (JsValue)new ClrFunction(engine, name, (_, arguments) => body(
            i => i < arguments.Length ? TypeConverter.ToString(arguments[i]) : "")));

    private void DefineRange(
        Engine engine, string name, Func<IReadOnlyList<string>, TimeProvider, bool> body) =>
        engine.SetValue(name, (JsValue)new ClrFunction(engine, name, (_, arguments) =>
        {
            // No Linq over values of the script: compiled ahead of time (SDK 10.0.401, Jint
            // 4.18.0), it ended the process.
            List<string> texts = [];
            for (int i = 0; i < arguments.Length; i++)
            {
                if (!arguments[i].IsUndefined())
                {
                    texts.Add(TypeConverter.ToString(arguments[i]));
                }
            }

            return body(texts, _time);
        }));
}
