namespace Slipway.SystemTests.Harness;

/// <summary>
/// nginx outside, by HTTP and HTTPS, with a certificate for web.test of an authority of its own.
/// </summary>
public sealed class WebServer : IDisposable
{
    public const string Name = "web.test";
    public const int BlobBytes = 32 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string folder = Directory.CreateTempSubdirectory("slipway-web-").FullName;
    private readonly RunningProgram nginx;

    public WebServer(NetworkNamespace where)
    {
        byte[] blob = new byte[BlobBytes];
        new Random(1).NextBytes(blob);
        Directory.CreateDirectory($"{folder}/www");
        File.WriteAllBytes($"{folder}/www/blob", blob);
        File.WriteAllText($"{folder}/www/hello", "hello from nginx\n");
        MakeCertificate();
        File.WriteAllText($"{folder}/nginx.conf", $$"""
            daemon off; user root; pid {{folder}}/pid; error_log {{folder}}/error.log;
            events { }
            http {
              access_log {{folder}}/access.log; client_body_temp_path {{folder}};
              proxy_temp_path {{folder}}; fastcgi_temp_path {{folder}};
              uwsgi_temp_path {{folder}}; scgi_temp_path {{folder}};
              server {
                listen {{Site.Outside}}:80; listen {{Site.Outside}}:443 ssl;
                ssl_certificate {{folder}}/web.pem; ssl_certificate_key {{folder}}/web.key;
                root {{folder}}/www;
              }
            }
            """);
        nginx = where.Start("nginx", "-c", $"{folder}/nginx.conf", "-e", $"{folder}/error.log");
        Eventually.Holds(Patience, "nginx answers", () => where.Run(
            "curl", "-sf", $"http://{Site.Outside}/hello").ExitStatus == 0);
    }

    public string AuthorityPath => $"{folder}/ca.pem";

    public string BlobPath => $"{folder}/www/blob";

    /// <summary>What is served stands here.</summary>
    public string Root => $"{folder}/www";

    /// <summary>A file of the given length that nobody has to write.</summary>
    public void AddLarge(long lengthBytes)
    {
        using FileStream file = File.Create($"{folder}/www/large");
        file.SetLength(lengthBytes);
    }

    public void Dispose()
    {
        nginx.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void MakeCertificate()
    {
        OpenSsl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem");
        OpenSsl("req", "-newkey", "rsa:2048", "-nodes", "-subj", $"/CN={Name}",
            "-keyout", "web.key", "-out", "web.csr");
        File.WriteAllText($"{folder}/web.ext", $"subjectAltName=DNS:{Name}\n");
        OpenSsl("x509", "-req", "-in", "web.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "web.ext", "-out", "web.pem");
    }

    private void OpenSsl(params IEnumerable<string> arguments) => RunningProgram.Run(
        Patience, ["sh", "-c", "cd \"$0\" && exec openssl \"$@\"", folder, .. arguments]).OrFail();
}
