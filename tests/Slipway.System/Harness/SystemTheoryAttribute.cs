namespace Slipway.SystemTests.Harness;

/// <summary>As <see cref="SystemFactAttribute"/>, for a table of cases.</summary>
public sealed class SystemTheoryAttribute : TheoryAttribute
{
    public override string? Skip
    {
        get => base.Skip ?? SystemFactAttribute.Reason;
        set => base.Skip = value;
    }
}
