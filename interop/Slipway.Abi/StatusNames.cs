using System.Text;

namespace Slipway.Abi;

/// <summary>The names of statuses as C has them.</summary>
internal static unsafe class StatusNames
{
    private static readonly byte* s_ok = Exports.Constant("SLIPWAY_OK");
    private static readonly byte* s_unknown = Exports.Constant("unknown");
    private static readonly byte*[] s_names = Make();

    public static byte* Of(int status) => status >= 0 ? s_ok
        : status == int.MinValue || -status >= s_names.Length ? s_unknown : s_names[-status];

    private static byte*[] Make()
    {
        Status[] all = Enum.GetValues<Status>();
        byte*[] names = new byte*[all.Length];
        foreach (Status status in all)
        {
            names[-(int)status] = Exports.Constant($"SLIPWAY_E_{Upper(status.ToString())}");
        }

        return names;
    }

    // NoResources is NO_RESOURCES.
    private static string Upper(string name)
    {
        StringBuilder text = new();
        foreach (char c in name)
        {
            text.Append(char.IsUpper(c) && text.Length > 0 ? "_" : "").Append(
                char.ToUpperInvariant(c));
        }

        return text.ToString();
    }
}
