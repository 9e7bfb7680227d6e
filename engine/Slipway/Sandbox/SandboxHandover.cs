using System.Globalization;
using System.Text;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// What a process tells itself over execve, in a file of memory: what it has opened while it had
/// the right, what the host did not allow, and the configuration's text, which is read once.
/// </summary>
internal sealed class SandboxHandover
{
    private const string LackWord = "lack";
    private const string TapWord = "tap";
    private const string GivenWord = "given";
    private const string AideWord = "aide";
    private const string ProgramsWord = "programs";
    private const string GuestWord = "guest";
    private const string SubnetWord = "subnet";
    private const string NamespaceWord = "namespace";
    private const string ConfigurationWord = "configuration";

    private readonly List<(string Word, string Text)> _lines = [];

    /// <summary>What the host does not allow, a sentence each.</summary>
    public IEnumerable<string> Lacks => Of(LackWord);

    /// <summary>The text of --config; null where there is none.</summary>
    public string? Configuration => Of(ConfigurationWord)
        .Select(text => Encoding.UTF8.GetString(Convert.FromBase64String(text))).FirstOrDefault();

    /// <summary>The socket to the process outside; -1 where there is none.</summary>
    public int Aide => Of(AideWord).Select(Number).FirstOrDefault(-1);

    /// <summary>Whether the process starts programs while it runs.</summary>
    public bool StartsPrograms
    {
        get => Of(ProgramsWord).Any();
        set => _lines.AddRange(value ? [(ProgramsWord, "yes")] : []);
    }

    /// <summary>
    /// The guest of `slipway shell`, which was started before: its process, the socket to it and
    /// its TAP. Null where there is none.
    /// </summary>
    public (int Id, int Channel, int Tap)? Guest =>
        Of(GuestWord).Select(text => text.Split(' ').Select(Number).ToArray())
            .FirstOrDefault() is [int id, int channel, int tap] ? (id, channel, tap) : null;

    /// <summary>The network that the guest was told of; null where there is no guest.</summary>
    public string? Subnet => Of(SubnetWord).FirstOrDefault();

    public void SetGuest(int id, int channel, int tap, string subnet)
    {
        _lines.Add((GuestWord, $"{Text(id)} {Text(channel)} {Text(tap)}"));
        _lines.Add((SubnetWord, subnet));
    }

    /// <summary>Which namespace of a kind the process was started in; null if unknown.</summary>
    public string? NamespaceOf(string name) => Of(NamespaceWord).Select(text => text.Split(' '))
        .FirstOrDefault(words => words[0] == name)?[1];

    public void AddNamespace(string name, string identity) =>
        _lines.Add((NamespaceWord, $"{name} {identity}"));

    public void AddLack(string text) => _lines.Add((LackWord, text.ReplaceLineEndings(" ")));

    public void SetConfiguration(string text) => _lines.Add(
        (ConfigurationWord, Convert.ToBase64String(Encoding.UTF8.GetBytes(text))));

    public void SetAide(int descriptor) => _lines.Add((AideWord, Text(descriptor)));

    /// <summary>A TAP that has been made, by its link's place in the list.</summary>
    public void AddTap(int link, IEnumerable<int> queues) =>
        _lines.Add((TapWord, string.Join(' ', queues.Prepend(link).Select(Text))));

    /// <summary>The same where another process has made it (<see cref="RootlessTap"/>).</summary>
    public void AddGiven(int link, int descriptor) =>
        _lines.Add((GivenWord, $"{Text(link)} {Text(descriptor)}"));

    /// <summary>The queues of a link's TAP; none where it is still to be made.</summary>
    public int[] TapOf(int link) => NumbersOf(TapWord, link);

    /// <summary>The descriptor of a TAP that was given; null where there is none.</summary>
    public int? GivenFor(int link) =>
        NumbersOf(GivenWord, link) is [int descriptor] ? descriptor : null;

    /// <summary>All descriptors that are to stay open.</summary>
    public IEnumerable<int> Descriptors() =>
    [
        .. _lines.Where(line => line.Word is TapWord or GivenWord or GuestWord)
            .SelectMany(line => line.Text.Split(' ').Skip(1).Select(Number)),
        .. Of(AideWord).Select(Number),
    ];

    /// <summary>Writes it; the descriptor, which is inherited, or a negated errno.</summary>
    public int Write()
    {
        StringBuilder text = new();
        foreach ((string word, string rest) in _lines)
        {
            text.Append(word).Append(' ').Append(rest).Append('\n');
        }

        int file = MemoryFiles.Create("slipway-handover");
        return file < 0 ? file
            : MemoryFiles.WriteAt(file, Encoding.UTF8.GetBytes(text.ToString()), 0) is int written
                && written < 0 ? written : file;
    }

    /// <summary>Reads what <see cref="Write"/> has written and closes it.</summary>
    /// <exception cref="HostRefusal">It is not such a file.</exception>
    public static SandboxHandover Read(int descriptor)
    {
        SandboxHandover handover = new();
        try
        {
            using FileStream file = new(
                new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true),
                FileAccess.Read, 0);
            file.Position = 0;
            using StreamReader reader = new(file, Encoding.UTF8);
            while (reader.ReadLine() is string line)
            {
                int end = line.IndexOf(' ', StringComparison.Ordinal);
                handover._lines.Add((line[..end], line[(end + 1)..]));
            }

            return handover;
        }
        catch (Exception e) when (e is IOException or ArgumentException
            or UnauthorizedAccessException or NotSupportedException)
        {
            throw new HostRefusal(
                $"{SandboxEntry.Marker} is for slipway itself, which passes descriptor "
                    + $"{descriptor}; use --sandbox ({e.Message})");
        }
    }

    private int[] NumbersOf(string word, int link) =>
    [
        .. Of(word).Select(text => text.Split(' ').Select(Number).ToArray())
            .Where(numbers => numbers[0] == link).SelectMany(numbers => numbers[1..]),
    ];

    private IEnumerable<string> Of(string word) =>
        _lines.Where(line => line.Word == word).Select(line => line.Text);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
