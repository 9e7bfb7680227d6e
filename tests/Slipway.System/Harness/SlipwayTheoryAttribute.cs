namespace Slipway.SystemTests.Harness;

/// <summary>As <see cref="SlipwayFactAttribute"/>, for a table of cases.</summary>
public sealed class SlipwayTheoryAttribute : TheoryAttribute
{
    public override string? Skip
    {
        get => base.Skip ?? SlipwayFactAttribute.Reason;
        set => base.Skip = value;
    }
}
