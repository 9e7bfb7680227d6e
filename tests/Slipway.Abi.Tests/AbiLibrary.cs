using System.Diagnostics;

namespace Slipway.Abi.Tests;

/// <summary>
/// The published library (SLIPWAY_ABI, else out/abi), and programs in C that are built against it.
/// </summary>
internal static class AbiLibrary
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(100);

    /// <summary>The repository's top folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where include and lib are.</summary>
    public static string Installed { get; } = FindInstalled();

    public static string Header => Path.Combine(Installed, "include", "slipway.h");

    /// <summary>The text of all headers.</summary>
    public static string Headers => string.Concat(
        Directory.GetFiles(Path.Combine(Installed, "include")).Select(File.ReadAllText));

    public static string Shared => Path.Combine(Installed, "lib", "libslipway.so");

    /// <summary>Builds a program in C, with all warnings, and returns its path.</summary>
    /// <param name="source">Relative to the repository's top.</param>
    /// <param name="compiler">gcc or clang.</param>
    /// <param name="isStatic">Against libslipway.a; else against libslipway.so.</param>
    /// <param name="options">More of the compiler's.</param>
    public static string Build(
        string source, string compiler = "gcc", bool isStatic = false,
        params ReadOnlySpan<string> options)
    {
        string output = Path.Combine(
            Directory.CreateTempSubdirectory("slipway-abi-").FullName,
            Path.GetFileNameWithoutExtension(source));
        string library = Path.Combine(Installed, "lib");
        List<string> arguments =
        [
            "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-g", Path.Combine(Root, source),
            "-o", output, .. options,
        ];
        if (isStatic)
        {
            arguments.AddRange(
                $"-I{Installed}/include", Path.Combine(library, "libslipway.a"), "-ldl", "-lm",
                "-lz");
        }
        else
        {
            string flags = Run(
                "env", $"PKG_CONFIG_PATH={library}/pkgconfig", "pkg-config", "--cflags", "--libs",
                "slipway");
            arguments.AddRange(flags.Trim().Split(' '));
            arguments.AddRange("-ldl", $"-Wl,-rpath,{library}");
        }

        arguments.Add("-lpthread");
        Run(compiler, [.. arguments]);
        return output;
    }

    /// <summary>Runs a program that must end with 0; what it said.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} does not end");
        }

        Assert.True(
            process.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n"
                + $"{output.Result}{errors.Result}");
        return output.Result;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("not within the repository");
    }

    private static string FindInstalled()
    {
        string path = Environment.GetEnvironmentVariable("SLIPWAY_ABI")
            ?? Path.Combine(Root, "out", "abi");
        return File.Exists(Path.Combine(path, "lib", "libslipway.a"))
            && File.Exists(Path.Combine(path, "lib", "libslipway.so"))
            ? path : throw new InvalidOperationException(
                $"no library in {path}; run `dotnet publish interop/Slipway.Abi -c Release`, and "
                + "again with -p:NativeLib=Static, or set SLIPWAY_ABI");
    }
}
