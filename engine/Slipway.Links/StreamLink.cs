namespace Slipway.Links;
public abstract class StreamLink : GuestLink { public static StreamLink Listen(string p, int m, Action<string> r) => throw new LinkException("x"); public static StreamLink FromDescriptor(int p, int m, Action<string> r) => throw new LinkException("x"); }
