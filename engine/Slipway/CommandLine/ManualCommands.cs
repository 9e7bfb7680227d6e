using System.CommandLine;
using System.Text;

namespace Slipway;

/// <summary>
/// `slipway completion` and `slipway man`, made from the commands that there are.
/// </summary>
internal static class ManualCommands
{
    public static Command CreateCompletion(Command root)
    {
        Command bash = Create("bash", "For bash: source it in ~/.bashrc.", root,
            Completions.ForBash);
        Command zsh = Create("zsh", "For zsh: put it into $fpath as _slipway.", root,
            Completions.ForZsh);
        Command fish = Create("fish", "For fish: put it into its completions folder.", root,
            Completions.ForFish);
        return new Command("completion", "Print a script that completes this program's commands.")
        {
            bash, zsh, fish,
        };
    }

    public static Command CreateManual(Command root) => Create(
        "man", "Print the manual page: `slipway man | man -l -`.", root,
        commands => ManualPage.Write(commands, ProgramVersion.Text, DateOfProgram()));

    private static Command Create(
        string name, string description, Command root, Func<Command, string> write)
    {
        Command command = new(name, description);
        command.SetAction(_ =>
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(Encoding.UTF8.GetBytes(write(root)));
            return ExitStatus.Success;
        });
        return command;
    }

    private static DateOnly DateOfProgram() => DateOnly.FromDateTime(
        File.GetLastWriteTimeUtc(Environment.ProcessPath ?? "/"));
}
