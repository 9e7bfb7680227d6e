using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A link of one guest whose plug can be pulled by the program that attached it.</summary>
public interface IPluggable
{
    /// <summary>Frames pass.</summary>
    bool IsUp { get; }

    /// <summary>The guest's side broke the rules of its rings, and is not served.</summary>
    bool IsFaulty { get; }

    /// <summary>The guest comes or goes; on the worker.</summary>
    void SetUp(bool isUp, Instant now);
}
