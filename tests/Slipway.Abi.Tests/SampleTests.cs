namespace Slipway.Abi.Tests;

/// <summary>The samples are compiled as they stand, against both libraries, and run.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("tiny-vmm", "gcc", false)]
    [InlineData("tiny-vmm", "clang", true)]
    [InlineData("ring-peer", "gcc", true)]
    [InlineData("ring-peer", "clang", false)]
    [InlineData("frames", "gcc", false)]
    [InlineData("frames", "clang", true)]
    public void Sample_BuiltWithoutWarnings_DownloadsAndExitsWithZero(
        string name, string compiler, bool isStatic)
    {
        string program = AbiLibrary.Build($"interop/samples/{name}.c", compiler, isStatic);
        string output = AbiLibrary.Run(program);
        Assert.Contains("dhcp: the guest has 192.168.127.2", output, StringComparison.Ordinal);
        Assert.Contains(
            "dns: host.internal is 192.168.127.254", output, StringComparison.Ordinal);
        Assert.Matches(@"tcp: \d{8} bytes, 0 wrong", output);
    }

    /// <summary>The runtime has its own handler of SIGSEGV and no leaks that count.</summary>
    [Theory]
    [InlineData("tiny-vmm")]
    [InlineData("frames")]
    public void Sample_UnderAddressSanitizer_TouchesNothingThatIsNotItsOwn(string name)
    {
        string program = AbiLibrary.Build(
            $"interop/samples/{name}.c", "gcc", isStatic: false, "-fsanitize=address,undefined");
        AbiLibrary.Run(
            "env",
            "ASAN_OPTIONS=handle_segv=0:handle_sigfpe=0:use_sigaltstack=0:detect_leaks=0",
            program);
    }
}
