using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Slipway;

/// <summary>The manual page, in man(7)'s macros: what `--help` says of every command, on one
/// page.</summary>
internal sealed class ManualPage
{
    private const int Columns = 78;
    private readonly StringBuilder _page = new();

    private ManualPage()
    {
    }

    /// <param name="root">The commands.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="date">Of the program.</param>
    public static string Write(Command root, string version, DateOnly date)
    {
        ManualPage page = new();
        page.WriteHead(root, version, date);
        page.Section("COMMANDS");
        foreach ((string path, Command command) in CommandTree.Walk(root))
        {
            if (command != root)
            {
                page.WriteCommand(path, command);
            }
        }

        page.WriteEnd();
        return page._page.ToString();
    }

    private void WriteHead(Command root, string version, DateOnly date)
    {
        string day = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Macro($".TH SLIPWAY 1 {day} \"slipway {Escape(version)}\" \"User Commands\"");
        Section("NAME");
        Macro($"slipway \\- {Escape(Lower(root.Description))}");
        Section("SYNOPSIS");
        Macro(".B slipway");
        Macro(".I COMMAND");
        Macro("[options]");
        Section("DESCRIPTION");
        Line("Slipway takes a guest's Ethernet frames, from a TAP, a socket or shared memory, and "
            + "turns them into ordinary sockets of the host: without root, bridges or NAT rules.");
        Macro(".PP");
        Line("`slipway shell` runs a command behind it, `slipway run` serves guests, and the other "
            + "commands ask a running engine over its control socket.");
    }

    private void WriteCommand(string path, Command command)
    {
        StringBuilder usage = new(path);
        foreach (Argument argument in command.Arguments)
        {
            bool isOptional = argument.Arity.MinimumNumberOfValues == 0;
            usage.Append(isOptional ? $" [{argument.Name}]" : $" {argument.Name}")
                .Append(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        }

        Macro($".SS {Escape(usage.ToString())}");
        Line(command.Description ?? "");
        foreach (Argument argument in command.Arguments)
        {
            if (!string.IsNullOrEmpty(argument.Description))
            {
                Macro(".TP");
                Macro($".I {Escape(argument.Name)}");
                Line(argument.Description);
            }
        }

        foreach (Option option in CommandTree.OptionsOf(command))
        {
            Macro(".TP");
            string names = string.Join(", ", CommandTree.NamesOf(option).Select(Escape));
            Macro(CommandTree.TakesValue(option)
                ? $".BI \"{names} \" {Quote(CommandTree.ValueNameOf(option))}"
                : $".B {names}");
            Line(option.Description ?? "");
        }
    }

    private void WriteEnd()
    {
        Section("EXIT STATUS");
        Line("0 on success; 1 when the host forbids or lacks something, or the engine refuses; 2 "
            + "for a wrong option or key, before anything is started. `slipway shell` ends with "
            + "the status of its command.");
        Section("ENVIRONMENT");
        Entry("XDG_RUNTIME_DIR", "Where the control socket is: in slipway/control.sock.");
        Entry("NOTIFY_SOCKET, WATCHDOG_USEC", "A service manager is told when guests are served, "
            + "that turns are taken, and when the engine stops (sd_notify(3)).");
        Entry("JOURNAL_STREAM", "Lines for systemd's journal begin with their priority.");
        Section("EXAMPLES");
        Entry("slipway shell -- curl http://host.internal:8000/",
            "Runs curl with no other way out than Slipway, to a server of the host.");
        Entry("slipway run --link stream:/tmp/vm.sock --publish 8080:80",
            "Serves a virtual machine, and leads port 8080 of the host to it.");
        Entry("slipway capture -w - | wireshark -k -i -", "Shows frames as they pass.");
        Section("SEE ALSO");
        Line("unshare(1), passt(1), qemu-system-x86_64(1), tshark(1)");
    }

    private void Section(string name) => Macro($".SH {name}");

    private void Entry(string name, string text)
    {
        Macro(".TP");
        Macro($".B {Escape(name)}");
        Line(text);
    }

    private void Macro(string line) => _page.Append(line).Append('\n');

    // A paragraph of text. Each sentence begins a line, as formatters like it, and a line that
    // begins with a dot or an apostrophe is no macro.
    private void Line(string text)
    {
        foreach (string sentence in text.Split(". "))
        {
            string line = Escape(sentence.Trim());
            if (line.Length > 0)
            {
                bool isCut = text.Contains($"{sentence}. ", StringComparison.Ordinal);
                Wrap(line + (isCut ? "." : ""));
            }
        }
    }

    private void Wrap(string line)
    {
        StringBuilder part = new();
        foreach (string word in line.Split(' '))
        {
            if (part.Length > 0 && part.Length + word.Length >= Columns)
            {
                Text(part);
                part.Clear();
            }

            part.Append(part.Length > 0 ? " " : "").Append(word);
        }

        Text(part);
    }

    private void Text(StringBuilder part) =>
        Macro((part[0] is '.' or '\'' ? "\\&" : "") + part);

    private static string Quote(string text) =>
        $"\"{Escape(text).Replace("\"", "\\(dq", StringComparison.Ordinal)}\"";

    private static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("`", "\\(ga", StringComparison.Ordinal)
        .ReplaceLineEndings(" ");

    private static string Lower(string? description) => description is { Length: > 0 }
        ? char.ToLowerInvariant(description[0]) + description[1..].TrimEnd('.') : "";
}
