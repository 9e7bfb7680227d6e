using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Slipway.Linux.Tests;

/// <summary>What the kernel reads has the kernel's layout on 64-bit machines.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void IoVector_Laid_IsStructIovec() => Assert.Equal(16, Unsafe.SizeOf<IoVector>());

    [Fact]
    public void TimeSpecification_Laid_IsStructTimespec() =>
        Assert.Equal(16, Unsafe.SizeOf<TimeSpecification>());

    [Fact]
    public void MessageHeader_Laid_IsStructMsghdr()
    {
        Assert.Equal(56, Unsafe.SizeOf<MessageHeader>());
        Assert.Equal(0, Offset(typeof(MessageHeader), "Name"));
        Assert.Equal(8, Offset(typeof(MessageHeader), "NameLength"));
        Assert.Equal(16, Offset(typeof(MessageHeader), "Vectors"));
        Assert.Equal(24, Offset(typeof(MessageHeader), "VectorCount"));
        Assert.Equal(32, Offset(typeof(MessageHeader), "Control"));
        Assert.Equal(40, Offset(typeof(MessageHeader), "ControlLength"));
        Assert.Equal(48, Offset(typeof(MessageHeader), "Flags"));
    }

    [Theory]
    [InlineData("Slipway.Linux.InterfaceRequest", 40)]
    [InlineData("Slipway.Linux.InterfaceRequest+InternetAddress", 16)]
    [InlineData("Slipway.Linux.NetworkInterfaces+RouteEntry", 120)]
    [InlineData("Slipway.Linux.CurrentProcess+ResourceLimit", 16)]
    [InlineData("Slipway.Linux.NameResolution+AddressItem", 48)]
    [InlineData("Slipway.Linux.Landlock+Ruleset", 24)]
    [InlineData("Slipway.Linux.Landlock+PathBeneath", 12)]
    [InlineData("Slipway.Linux.Capabilities+Sets", 12)]
    [InlineData("Slipway.Linux.SeccompFilter+Instruction", 8)]
    public void Structure_Laid_HasTheKernelsSize(string name, int sizeBytes) =>
        Assert.Equal(sizeBytes, Marshal.SizeOf(Find(name)));

    [Theory]
    [InlineData("Slipway.Linux.InterfaceRequest", "Flags", 16)]
    [InlineData("Slipway.Linux.InterfaceRequest", "Address", 16)]
    [InlineData("Slipway.Linux.NetworkInterfaces+RouteEntry", "Destination", 8)]
    [InlineData("Slipway.Linux.NetworkInterfaces+RouteEntry", "Gateway", 24)]
    [InlineData("Slipway.Linux.NetworkInterfaces+RouteEntry", "Mask", 40)]
    [InlineData("Slipway.Linux.NetworkInterfaces+RouteEntry", "Flags", 56)]
    public void Field_Laid_IsWhereTheKernelHasIt(string name, string field, int offsetBytes) =>
        Assert.Equal(offsetBytes, Offset(Find(name), field));

    private static Type Find(string name) =>
        typeof(Errno).Assembly.GetType(name, throwOnError: true)!;

    private static int Offset(Type type, string field)
    {
        Assert.NotNull(type.GetField(field, BindingFlags.Instance | BindingFlags.Public));
        return (int)Marshal.OffsetOf(type, field);
    }
}
