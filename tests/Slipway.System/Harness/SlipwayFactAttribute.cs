namespace Slipway.SystemTests.Harness;

/// <summary>
/// A test of what Slipway has and a kernel's router has not: DHCP, DNS, published ports, errors.
/// </summary>
public sealed class SlipwayFactAttribute : SystemFactAttribute
{
    public override string? Skip
    {
        get => base.Skip ?? (Site.EngineIsKernel ? "the control has no such service" : null);
        set => base.Skip = value;
    }
}
