namespace Slipway.Stack;

/// <summary>
/// The table of services that holds now. One is shared by all workers: the keeper's turn puts
/// another table in its place, and each worker reads it with the next packet.
/// </summary>
public sealed class ServiceMap
{
    private volatile ServiceTable _current = ServiceTable.Empty;

    /// <summary>Never changed itself; setting another one takes effect for new flows.</summary>
    public ServiceTable Current
    {
        get => _current;
        set => _current = value;
    }
}
