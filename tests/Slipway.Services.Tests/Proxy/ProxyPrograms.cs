using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Services.Tests.Proxy;

/// <summary>
/// The stock programs of Debian, each with names that it alone knows: a target that is reached was
/// looked up by the proxy.
/// </summary>
internal static class ProxyPrograms
{
    public const string User = "guest";
    public const string Password = "hunter2:@/";

    /// <summary>The password as a URL has it.</summary>
    public const string Encoded = "hunter2%3A%40%2F";


    // `openssl passwd -6 -salt slipway PASSWORD`
    private const string PasswordHash = "$6$slipway$2v.9Dl5PIPjDCoppebt0rtN1WfN6bBYDX4BRMzL"
        + "6WQfQKQy3Vhup3LJRBx2vvdZlDPwAPOlk9a5d9uG23aZce/";

    public const string Origin = "origin.test";

    /// <summary>A web server whose answers are files of the folder.</summary>
    public static RunningProgram Web(TestFolder folder)
    {
        Directory.CreateDirectory(folder["web"]);
        int port = RunningProgram.FreePort();
        return RunningProgram.Start(
            port, "/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1",
            "--directory", folder["web"], $"{port}");
    }

    /// <summary>squid; with the password where one is wanted.</summary>
    public static RunningProgram Squid(TestFolder folder, bool wantsPassword)
    {
        int port = RunningProgram.FreePort();
        string password = Convert.ToHexStringLower(Crypto(Password));
        folder.Write("squid.passwords", $"{User}:{password}\n");
        string auth = wantsPassword
            ? $"""
                auth_param basic program {folder.WriteProgram("squid-auth", Authenticator(folder))}
                auth_param basic realm test
                acl known proxy_auth REQUIRED
                http_access deny !known
                """ : "";
        string configuration = folder.Write($"squid-{port}.conf", $"""
            http_port 127.0.0.1:{port}
            hosts_file {Hosts(folder)}
            pid_filename none
            cache deny all
            cache_mem 1 MB
            access_log none
            cache_log {folder[$"squid-{port}.log"]}
            coredump_dir {folder.Path}
            netdb_filename none
            pinger_enable off
            shutdown_lifetime 0 seconds
            workers 1
            dns_nameservers 127.0.0.1
            acl forbidden dstdomain forbidden.test
            http_access deny forbidden
            {auth}
            http_access allow all

            """);

        // Its shared memory has the service's name: two of one name would share it.
        return RunningProgram.Start(
            port, "/usr/sbin/squid", "-N", "-n", $"slipway{port}", "-f", configuration);
    }

    /// <summary>tinyproxy in a mount namespace with a hosts file of its own.</summary>
    public static RunningProgram Tinyproxy(TestFolder folder, bool wantsPassword)
    {
        int port = RunningProgram.FreePort();
        string configuration = folder.Write($"tinyproxy-{port}.conf", $"""
            Port {port}
            Listen 127.0.0.1
            Timeout 600
            LogLevel Critical
            MaxClients 100
            {(wantsPassword ? $"BasicAuth {User} {TinyproxyPassword}" : "")}

            """);
        return WithHosts(folder, port, "/usr/bin/tinyproxy", "-d", "-c", configuration);
    }

    /// <summary>tinyproxy's configuration takes no such password.</summary>
    public static string TinyproxyPassword =>
        Password.Replace(':', '.').Replace('@', '.').Replace('/', '.');

    /// <summary>microsocks; with the password where one is wanted.</summary>
    public static RunningProgram Microsocks(TestFolder folder, bool wantsPassword)
    {
        int port = RunningProgram.FreePort();
        string[] arguments = ["-i", "127.0.0.1", "-p", $"{port}"];
        return WithHosts(
            folder, port, "/usr/bin/microsocks",
            wantsPassword ? [.. arguments, "-u", User, "-P", Password] : arguments);
    }

    /// <summary>
    /// Dante's server, with passwords or without; its users are those of a system of its own.
    /// </summary>
    public static RunningProgram Dante(TestFolder folder, bool wantsPassword)
    {
        int port = RunningProgram.FreePort();
        folder.Write("passwd", $"root:x:0:0::/:/bin/sh\n{User}:x:4000:4000::/:/bin/false\n");
        folder.Write("shadow", $"{User}:{PasswordHash}:19000::::::\n");
        string configuration = folder.Write($"danted-{port}.conf", $$"""
            logoutput: {{folder[$"danted-{port}.log"]}}
            internal: 127.0.0.1 port = {{port}}
            external: lo
            socksmethod: {{(wantsPassword ? "username" : "none")}}
            clientmethod: none
            user.privileged: root
            user.unprivileged: root
            client pass {
              from: 0.0.0.0/0 to: 0.0.0.0/0
            }
            socks pass {
              from: 0.0.0.0/0 to: 0.0.0.0/0
              command: connect
            }

            """);
        return WithFiles(
            folder, port, ["hosts", "passwd", "shadow"], "/usr/sbin/danted", "-f", configuration,
            "-p", folder[$"danted-{port}.pid"]);
    }

    /// <summary>stunnel before another proxy; its certificate is for proxy.test.</summary>
    public static RunningProgram Stunnel(TestFolder folder, RunningProgram behind)
    {
        int port = RunningProgram.FreePort();
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new(
            "CN=proxy.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("proxy.test");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        folder.Write("ca.pem", certificate.ExportCertificatePem() + "\n");
        folder.Write(
            "stunnel.pem",
            $"{key.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n");
        string configuration = folder.Write("stunnel.conf", $"""
            foreground = yes
            pid =
            debug = 4
            [proxy]
            accept = 127.0.0.1:{port}
            connect = 127.0.0.1:{behind.Port}
            cert = {folder["stunnel.pem"]}

            """);
        return RunningProgram.Start(port, "/usr/bin/stunnel", configuration);
    }

    /// <summary>What the engine's DNS would say: the proxies' names and no target's.</summary>
    public static ValueTask<IPAddress[]> Resolve(string name, CancellationToken stop) =>
        ValueTask.FromResult<IPAddress[]>(name == "proxy.test" ? [IPAddress.Loopback] : []);

    private static byte[] Crypto(string password) =>
        SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(password));

    // Of squid's protocol: a line "USER PASSWORD", percent-encoded, is answered OK or ERR.
    private static string Authenticator(TestFolder folder) => $"""
        #!/usr/bin/python3
        import hashlib, sys, urllib.parse
        known = open("{folder["squid.passwords"]}").read().split()
        for line in sys.stdin:
            user, password = (urllib.parse.unquote(part) for part in line.split()[:2])
            digest = hashlib.sha256(password.encode()).hexdigest()
            print("OK" if f"{"{user}:{digest}"}" in known else "ERR", flush=True)
        """;

    private static string Hosts(TestFolder folder) => folder.Write(
        "hosts", $"127.0.0.1 localhost {Origin} forbidden.test\n");

    private static RunningProgram WithHosts(
        TestFolder folder, int port, string program, params string[] arguments)
    {
        return WithFiles(folder, port, ["hosts"], program, arguments);
    }

    // In a mount namespace in which these files of /etc are the folder's.
    private static RunningProgram WithFiles(
        TestFolder folder, int port, string[] files, string program, params string[] arguments)
    {
        Hosts(folder);
        string mounts = string.Concat(
            files.Select(file => $"mount --bind {folder[file]} /etc/{file} && "));
        string unshare = Environment.UserName == "root" ? "-m" : "-rm";
        return RunningProgram.Start(
            port, "/usr/bin/unshare",
            [
                unshare, "sh", "-c", $"{mounts}exec \"$@\"", "sh",
                program, .. arguments,
            ]);
    }
}
