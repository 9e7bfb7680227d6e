using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>DNS over TLS with unbound, vouched for by an authority of the test's own.</summary>
public sealed class NameTlsTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    [SlipwayFact]
    public void Unbound_OverTls_IsAskedUnderItsNameAndAfterARestart()
    {
        RunningProgram unbound = StartServer();
        Guest guest = StartOver("tls://127.0.0.41#dns.test");
        Assert.Equal("192.0.2.41", Short(guest, "tls.test"));
        Assert.Equal("192.0.2.41", Short(guest, "tls.test", "+tcp"));
        unbound.Dispose();
        StartServer();
        Assert.Equal("192.0.2.42", Short(guest, "other.test"));
        Assert.Contains("NXDOMAIN", Ask(guest, "none.test"), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Unbound_UnderAnotherName_IsNotBelieved()
    {
        StartServer();
        Guest guest = StartOver("tls://127.0.0.41#other.test");
        Assert.Contains(
            "SERVFAIL", Ask(guest, "tls.test", "+time=15", "+tries=1"), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void CertificateFile_ThatIsNone_IsRefusedByName()
    {
        string path = Path.Combine(Folder, "none.pem");
        File.WriteAllText(path, "nothing");
        ProgramResult result = Site.Host.Run(
            TimeSpan.FromSeconds(20), Repository.Binary, "run", "--link",
            $"stream:{Folder}/link", "--config", WriteConfiguration("tls://127.0.0.41", path));
        Assert.Equal(2, result.ExitStatus);
        Assert.Contains("dns.tlsCertificates", result.Errors, StringComparison.Ordinal);
        Assert.Contains(path, result.Errors, StringComparison.Ordinal);
    }

    private Guest StartOver(string server) => StartGuest(
        WideMtuBytes, "--config", WriteConfiguration(server, Path.Combine(Folder, "ca.pem")));

    private string WriteConfiguration(string server, string authorities)
    {
        string path = Path.Combine(Folder, "tls.json");
        File.WriteAllText(
            path,
            $$"""{ "dns": { "servers": ["{{server}}"], "tlsCertificates": "{{authorities}}" } }""");
        return path;
    }

    private RunningProgram StartServer()
    {
        if (!File.Exists(Path.Combine(Folder, "ca.pem")))
        {
            File.WriteAllText(Path.Combine(Folder, "names"), "subjectAltName=DNS:dns.test\n");
            OpenSsl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca",
                "-keyout", "ca.key", "-out", "ca.pem");
            OpenSsl(
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout",
                "server.key", "-out", "server.csr");
            OpenSsl(
                "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem");
        }

        return StartUnbound(
            "127.0.0.41",
            [
                "interface: 127.0.0.41@853", "tls-port: 853",
                $"tls-service-key: \"{Folder}/server.key\"",
                $"tls-service-pem: \"{Folder}/server.pem\"",
            ],
            ["tls.test. A 192.0.2.41", "other.test. A 192.0.2.42"]);
    }

    private void OpenSsl(params string[] arguments) => RunningProgram.Run(
        TimeSpan.FromSeconds(60),
        ["sh", "-c", "cd \"$0\" && exec openssl \"$@\"", Folder, .. arguments]).OrFail();
}
