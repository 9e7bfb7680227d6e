using System.Globalization;

namespace Slipway.Load.Site;

/// <summary>What a process and its children use, from /proc (proc(5)).</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every architecture .NET has

    /// <summary>Processor time so far, user and kernel.</summary>
    public static double CpuSeconds(int id) => Ids(id).Sum(process =>
    {
        string stat = ReadOrEmpty($"/proc/{process}/stat");

        // After the name in parentheses, which may hold blanks, come fields 3 and on.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ');
        return fields.Length < 15 ? 0 : (Number(fields[12]) + Number(fields[13])) / TicksPerSecond;
    });

    /// <summary>Resident memory in MiB.</summary>
    public static double ResidentMib(int id) => Ids(id).Sum(process =>
        ReadOrEmpty($"/proc/{process}/smaps_rollup").Split('\n')
            .Where(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])
            .Sum(kib => Number(kib) / 1024.0));

    /// <summary>Open file descriptors.</summary>
    public static int Descriptors(int id) =>
        Ids(id).Sum(process => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length);

    public static List<int> Ids(int id)
    {
        List<int> ids = [id];
        for (int i = 0; i < ids.Count; i++)
        {
            string tasks = $"/proc/{ids[i]}/task";
            if (Directory.Exists(tasks))
            {
                ids.AddRange(Directory.GetDirectories(tasks)
                    .SelectMany(task => ReadOrEmpty($"{task}/children")
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Select(child => (int)Number(child)));
            }
        }

        return ids;
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    // A process may end between the look at the list and this.
    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
