namespace Slipway.SystemTests.Harness;

/// <summary>
/// A test of what Slipway has and a kernel's router has not: DHCP, DNS, published ports, errors.
/// </summary>
public sealed class SlipwayFactAttribute : FactAttribute
{
    internal static string? Reason { get; } = SystemFactAttribute.Reason
        ?? (Site.EngineIsKernel ? "the control has no such service" : null);

    public override string? Skip
    {
        get => base.Skip ?? Reason;
        set => base.Skip = value;
    }
}
