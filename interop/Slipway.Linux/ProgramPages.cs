using System.Globalization;
using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// The mapped pages of the file that this code is in: the program's or the library's
/// (proc_pid_smaps(5)).
/// </summary>
public static unsafe partial class ProgramPages
{
    private const int MADV_DONTNEED = 4;

    /// <summary>
    /// Gives back the pages that are only read, code among them: those of the start, when types are
    /// laid out, are never looked at again, and any other comes back from the file when it is.
    /// </summary>
    /// <param name="isOwn">Whether that is the path of the file.</param>
    /// <returns>How many bytes were mapped of them.</returns>
    public static long GiveBack(Func<string, bool> isOwn)
    {
        long givenBack = 0;
        try
        {
            string? range = null;
            foreach (string line in File.ReadAllLines("/proc/self/smaps"))
            {
                // 55d0a000-55d1b000 r--p 00000000 fe:00 1234  /usr/bin/slipway
                // Anonymous:             0 kB
                string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (columns[0].Contains('-'))
                {
                    range = columns.Length == 6 && columns[1] is "r--p" or "r-xp"
                        && isOwn(columns[5]) ? columns[0] : null;
                }
                else if (range is not null && columns is ["Anonymous:", "0", "kB"])
                {
                    // Written pages, such as those that the loader relocates, would be lost.
                    givenBack += GiveBack(range);
                    range = null;
                }
            }
        }
        catch (IOException)
        {
            return givenBack; // without /proc they stay
        }

        return givenBack;
    }

    private static long GiveBack(string range)
    {
        string[] ends = range.Split('-');
        nuint first = nuint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        nuint end = nuint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return madvise((void*)first, end - first, MADV_DONTNEED) == 0 ? (long)(end - first) : 0;
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* first, nuint lengthBytes, int advice);
}
