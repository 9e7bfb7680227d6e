using System.Reflection;
using Xunit.Sdk;

namespace Slipway.Stack.Tests;

/// <summary>
/// A test over IPv4 and one over IPv6: a first argument that is true for IPv4, and others.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class BothFamiliesAttribute(params object[] others) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        [[true, .. others], [false, .. others]];
}
