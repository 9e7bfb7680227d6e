namespace Slipway.Links;
public abstract class DatagramLink : GuestLink { public static DatagramLink Listen(string p, int m, Action<string> r) => throw new LinkException("x"); public static DatagramLink FromDescriptor(int p, int m, Action<string> r) => throw new LinkException("x"); }
