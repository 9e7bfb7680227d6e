using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Slipway.Abi.Tests;

/// <summary>The header, the libraries and the C# behind them say the same.</summary>
public sealed partial class HeaderTests
{
    // In the order of the header.
    private static readonly (string Name, Type Type, string[] Fields)[] s_structs =
    [
        ("slipway_engine_options", typeof(EngineOptions),
            ["size", "mtu", "config_json", "subnet", "workers", "log_level", "log", "log_user",
                "clock", "clock_user", "seed"]),
        ("slipway_memory_region", typeof(MemoryRegion),
            ["guest_address", "length", "host_address", "fd", "flags"]),
        ("slipway_vring", typeof(Vring),
            ["queue_size", "base", "descriptors", "available", "used", "kick_fd", "call_fd"]),
        ("slipway_vring_options", typeof(VringOptions),
            ["size", "region_count", "regions", "receive", "transmit", "features"]),
        ("slipway_ring_options", typeof(RingOptions),
            ["size", "ring_bytes", "offloads", "reserved", "memory_fd", "doorbell_fd",
                "guest_doorbell_fd", "reserved2"]),
        ("slipway_frames_options", typeof(FramesOptions),
            ["size", "offloads", "buffer_bytes", "reserved", "output", "user"]),
        ("slipway_iovec", typeof(Linux.IoVector), ["base", "length"]),
        ("slipway_frame_in", typeof(InboundFrame),
            ["header", "pieces", "piece_count", "reserved"]),
        ("slipway_frame_out", typeof(Links.OutboundFrame), ["header", "length"]),
        ("slipway_port_info", typeof(PortReport),
            ["size", "state", "offloads", "mtu", "receive_base", "transmit_base", "reserved"]),
        ("slipway_stats", typeof(Statistics),
            ["size", "reserved", "frames_received", "bytes_received", "frames_sent", "bytes_sent",
                "frames_dropped", "frames_malformed", "tcp_flows_opened", "tcp_connects_failed",
                "tcp_segments_retransmitted", "udp_flows_opened", "udp_flows_evicted",
                "echo_flows_opened"]),
        ("slipway_flow", typeof(FlowRecord),
            ["guest", "remote", "guest_port", "remote_port", "protocol", "tcp_state", "reserved"]),
        ("slipway_lease", typeof(LeaseRecord),
            ["address", "mac", "reserved", "expires", "name"]),
        ("slipway_service", typeof(ServiceRecord),
            ["id", "protocol", "is_virtual", "prefix_bits", "address", "first_port", "last_port",
                "reserved", "name", "target"]),
    ];

    [Fact]
    public void Functions_OfHeaderListAndBothLibraries_AreTheSame()
    {
        string[] listed = File.ReadAllLines(
            Path.Combine(AbiLibrary.Root, "interop/Slipway.Abi/PublicAPI.txt"));
        string[] declared = [.. Declaration().Matches(AbiLibrary.Headers)
            .Select(match => match.Groups["name"].Value).Order(StringComparer.Ordinal)];
        string[] shared = Symbols("-D", AbiLibrary.Shared);
        string[] merged = Symbols(
            "-g", Path.Combine(AbiLibrary.Installed, "lib", "libslipway.a"));
        string[] exported = [.. typeof(Exports)
            .GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>())
            .Where(export => export is not null)
            .Select(export => export!.EntryPoint!).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(listed);
        Assert.Equal(listed, declared);
        Assert.Equal(listed, shared);
        Assert.Equal(listed, merged);
        Assert.Equal(listed, exported);
    }

    [Fact]
    public void StaticLibrary_ShowsNothingButItsFunctions()
    {
        string all = AbiLibrary.Run(
            "nm", "-g", "--defined-only", "--format=posix",
            Path.Combine(AbiLibrary.Installed, "lib", "libslipway.a"));
        Assert.DoesNotContain(all.Split('\n'), line => line.Contains(' ', StringComparison.Ordinal)
            && !line.StartsWith("slipway_", StringComparison.Ordinal));
    }

    [Fact]
    public void Structs_InCAndInCSharp_HaveTheSameSizesAndOffsets()
    {
        List<string> expected = [];
        string body = "";
        foreach ((string name, Type type, string[] fields) in s_structs)
        {
            FieldInfo[] own = type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
            Assert.Equal(fields.Length, own.Length);
            expected.Add($"{name} {Marshal.SizeOf(type)}");
            body += $"    SIZE({name});\n";
            for (int i = 0; i < fields.Length; i++)
            {
                expected.Add($"{name}.{fields[i]} {Marshal.OffsetOf(type, own[i].Name)}");
                body += $"    OFFSET({name}, {fields[i]});\n";
            }
        }

        string folder = Directory.CreateTempSubdirectory("slipway-abi-").FullName;
        string source = Path.Combine(folder, "layout.c");
        File.WriteAllText(source, $$"""
            #include <stddef.h>
            #include <stdio.h>
            #include "slipway.h"
            #define SIZE(type) printf(#type " %zu\n", sizeof(type))
            #define OFFSET(type, field) printf(#type "." #field " %zu\n", offsetof(type, field))
            int main(void)
            {
            {{body}}    return 0;
            }
            """);
        string program = AbiLibrary.Build(source);
        Assert.Equal(
            expected, AbiLibrary.Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("gcc", "-x", "c", "-std=c11")]
    [InlineData("clang", "-x", "c", "-std=c11")]
    [InlineData("gcc", "-x", "c++", "-std=c++11")]
    [InlineData("clang", "-x", "c++", "-std=c++11")]
    public void Header_InCAndCPlusPlus_HasNoWarnings(string compiler, params string[] language) =>
        AbiLibrary.Run(
            compiler, [.. language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                AbiLibrary.Header]);

    private static string[] Symbols(string kind, string file) =>
        [.. AbiLibrary.Run("nm", kind, "--defined-only", "--format=posix", file)
            .Split('\n')
            .Select(line => line.Split(' ', '@')[0])
            .Where(name => name.StartsWith("slipway_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    [GeneratedRegex(
        @"SLIPWAY_API[^;(]*?\b(?<name>slipway_\w+)\(",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();
}
