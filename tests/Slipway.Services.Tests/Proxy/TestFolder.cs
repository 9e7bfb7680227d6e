namespace Slipway.Services.Tests.Proxy;

/// <summary>A folder that anybody may write to, for programs that drop privileges.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = Directory.CreateTempSubdirectory("slipway-proxy-").FullName;
        Permit(Path, (UnixFileMode)0b111_111_111);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, readable by all, in one step as editors do.</summary>
    public string Write(string name, string text)
    {
        string path = this[name];
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    /// <summary>Writes a program and makes it one.</summary>
    public string WriteProgram(string name, string text)
    {
        string path = Write(name, text);
        Permit(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A program that is still ending writes its last lines here.
            Thread.Sleep(100);
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void Permit(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
