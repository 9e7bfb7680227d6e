using System.CommandLine;
using System.Text;

namespace Slipway;

/// <summary>
/// Scripts that complete `slipway` in bash, zsh and fish: each finds the command that the words so
/// far lead to, and offers its commands and options; where there are none, files.
/// </summary>
internal static class Completions
{
    public static string ForBash(Command root)
    {
        StringBuilder script = new();
        script.Append("""
            # bash completion of slipway; made by `slipway completion bash`.
            _slipway() {
                local current=${COMP_WORDS[COMP_CWORD]} at=slipway i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    [ "${COMP_WORDS[i]}" = -- ] && return
                    case "$at ${COMP_WORDS[i]}" in

            """);
        script.Append("        ").AppendJoin(" | ", PathsBelow(root).Select(Quote)).Append("""
            )
                        at="$at ${COMP_WORDS[i]}" ;;
                    esac
                done
                case "$at" in

            """);
        foreach ((string path, Command command) in CommandTree.Walk(root))
        {
            script.Append($"    {Quote(path)}) COMPREPLY=($(compgen -W ")
                .Append(Quote(string.Join(' ', WordsOf(command))))
                .Append(" -- \"$current\")) ;;\n");
        }

        return script.Append("    esac\n}\ncomplete -o default -F _slipway slipway\n").ToString();
    }

    public static string ForZsh(Command root)
    {
        StringBuilder script = new();
        script.Append("""
            #compdef slipway
            # zsh completion of slipway; made by `slipway completion zsh`.
            _slipway() {
                local at=slipway word
                local -a found
                for word in ${words[2,CURRENT-1]}; do
                    [[ $word == -- ]] && { _files; return; }
                    case "$at $word" in

            """);
        script.Append("        (").AppendJoin('|', PathsBelow(root).Select(Quote)).Append("""
            )
                        at="$at $word" ;;
                    esac
                done
                case "$at" in

            """);
        foreach ((string path, Command command) in CommandTree.Walk(root))
        {
            script.Append($"    ({Quote(path)}) found=(");
            foreach ((string word, string text) in Described(command))
            {
                script.Append("\n        ").Append(
                    Quote($"{word.Replace(":", "\\:", StringComparison.Ordinal)}:{text}"));
            }

            script.Append(") ;;\n");
        }

        return script.Append("""
                esac
                _describe -o 'slipway' found || _files
            }
            if [ "$funcstack[1]" = _slipway ]; then
                _slipway "$@"
            else
                compdef _slipway slipway
            fi

            """).ToString();
    }

    public static string ForFish(Command root)
    {
        StringBuilder script = new();
        script.Append("""
            # fish completion of slipway; made by `slipway completion fish`.
            function __slipway_at
                set -l at slipway
                for word in (commandline -opc)[2..-1]
                    switch "$at $word"
                        case 
            """);
        script.AppendJoin(' ', PathsBelow(root).Select(Quote)).Append("""

                            set at "$at $word"
                    end
                end
                test "$at" = "$argv[1]"
            end

            """);
        foreach ((string path, Command command) in CommandTree.Walk(root))
        {
            string begin = $"complete -c slipway -n {Quote($"__slipway_at '{path}'", fish: true)}";
            foreach (Command child in CommandTree.ChildrenOf(command))
            {
                script.Append(
                    $"{begin} -a {child.Name} -d {Quote(Text(child.Description), fish: true)}\n");
            }

            foreach (Option option in CommandTree.OptionsOf(command))
            {
                foreach (string name in CommandTree.NamesOf(option))
                {
                    script.Append(begin).Append(name.StartsWith("--", StringComparison.Ordinal)
                            ? $" -l {name[2..]}" : $" -s {Quote(name[1..], fish: true)}")
                        .Append(CommandTree.TakesValue(option) ? " -r" : "")
                        .Append($" -d {Quote(Text(option.Description), fish: true)}\n");
                }
            }
        }

        return script.ToString();
    }

    private static IEnumerable<string> PathsBelow(Command root) =>
        CommandTree.Walk(root).Skip(1).Select(one => one.Path);

    private static IEnumerable<string> WordsOf(Command command) =>
        Described(command).Select(one => one.Word);

    private static IEnumerable<(string Word, string Text)> Described(Command command)
    {
        foreach (Command child in CommandTree.ChildrenOf(command))
        {
            yield return (child.Name, Text(child.Description));
        }

        foreach (Option option in CommandTree.OptionsOf(command))
        {
            foreach (string name in CommandTree.NamesOf(option))
            {
                yield return (name, Text(option.Description));
            }
        }
    }

    // The first sentence.
    private static string Text(string? description)
    {
        string text = description ?? "";
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end > 0 ? text[..end] : text.TrimEnd('.');
    }

    private static string Quote(string text) => Quote(text, fish: false);

    private static string Quote(string text, bool fish) => fish
        ? $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("'", "\\'", StringComparison.Ordinal)}'"
        : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
