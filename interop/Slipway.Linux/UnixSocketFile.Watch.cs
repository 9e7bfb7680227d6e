namespace Slipway.Linux;

/// <summary>
/// Tells when somebody removes, renames or replaces the file (inotify(7)): clients do not find the
/// socket any more then, which itself would never know.
/// </summary>
public sealed partial class UnixSocketFile
{
    /// <summary>Whether its name leads to this socket still.</summary>
    public bool IsThere => FileIdentity.OfPath(_path, out FileIdentity found) == 0
        && found == _identity;

    /// <summary>
    /// A descriptor that becomes readable when the file may have gone (<see cref="IsThere"/>
    /// tells), or a negated errno. The file itself is watched, not its folder, in which much may
    /// happen.
    /// </summary>
    public int Watch() => FileWatch.Open(_path, FileWatch.Gone);

    /// <summary>Takes what the descriptor of <see cref="Watch"/> has to say.</summary>
    public static void TakeNews(int descriptor) => FileWatch.TakeNews(descriptor);
}
