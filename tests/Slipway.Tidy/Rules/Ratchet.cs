using System.Globalization;

namespace Slipway.Tidy.Rules;

/// <summary>
/// The list of what is over a limit of <see cref="Sizes"/>: "KIND SUBJECT SIZE" a line. It turns
/// one way only: what has become larger fails, and so does an entry that allows more than there is.
/// </summary>
internal sealed class Ratchet
{
    public const string RepositoryPath = "tests/Slipway.Tidy/Ratchet.txt";

    private readonly Dictionary<(string Kind, string Subject), int> _allowed = [];

    public Ratchet(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length > 0 && !parts[0].StartsWith('#'))
            {
                Assert.True(parts.Length == 3, $"{RepositoryPath}: cannot read '{line}'");
                _allowed.Add(
                    (parts[0], parts[1]), int.Parse(parts[2], CultureInfo.InvariantCulture));
            }
        }
    }

    public IEnumerable<string> Compare(IEnumerable<Oversize> found)
    {
        HashSet<(string, string)> seen = [];
        foreach (Oversize oversize in found)
        {
            seen.Add((oversize.Kind, oversize.Subject));
            string entry = $"{oversize.Kind} {oversize.Subject} {oversize.Size}";
            if (!_allowed.TryGetValue((oversize.Kind, oversize.Subject), out int allowed))
            {
                yield return $"{entry}: over the limit{oversize.Place}";
            }
            else if (oversize.Size > allowed)
            {
                yield return $"{entry}: has grown, {allowed} were allowed{oversize.Place}";
            }
            else if (oversize.Size < allowed)
            {
                yield return $"{entry}: has shrunk, write that into the list ({allowed} there)";
            }
        }

        foreach ((string kind, string subject) in _allowed.Keys.Where(key => !seen.Contains(key)))
        {
            yield return $"{kind} {subject}: within the limit now, take it off the list";
        }
    }
}
