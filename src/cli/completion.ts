import { Argument, type Command } from "commander";
import { createOutput } from "./output.js";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** The scripts are made from the commands themselves, so a new flag is completed without a line here. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText("after", "\nExample:\n  source <(portcullis completion bash)")
    .action(async (shell: Shell) => {
      await createOutput({ color: false, progress: false, quiet: false }).result(script(shell, program), null);
    });
}

interface Entry {
  readonly path: string;
  readonly words: readonly string[];
}

function entries(command: Command, path: string): Entry[] {
  const names = command.commands.map((child) => child.name());
  const flags = command.options.map((option) => option.long ?? option.short ?? "");
  const below = command.commands.flatMap((child) => entries(child, `${path} ${child.name()}`.trim()));
  return [{ path, words: [...names, ...flags, "--help"] }, ...below];
}

function script(shell: Shell, program: Command): string {
  const all = entries(program, "");
  switch (shell) {
    case "bash":
      return bash(all);
    case "zsh":
      return `#compdef portcullis\nautoload -U +X bashcompinit && bashcompinit\n${bash(all)}`;
    case "fish":
      return fish(program);
  }
}

function bash(all: readonly Entry[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`);
  return `_portcullis() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ "\${path#* }" = "$path" ] && path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join("\n")}
    *) case "\${path%% *}" in
${all
  .filter(({ path }) => path !== "" && !path.includes(" "))
  .map(({ path, words }) => `      "${path}") words="${words.join(" ")}" ;;`)
  .join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -F _portcullis portcullis
`;
}

function fish(program: Command): string {
  const top = program.commands.map(
    (command) =>
      `complete -c portcullis -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", "\\'")}'`,
  );
  const flags = program.commands.flatMap((command) =>
    command.options.map(
      (option) =>
        `complete -c portcullis -n '__fish_seen_subcommand_from ${command.name()}' -l ${option.long?.slice(2) ?? ""}`,
    ),
  );
  return [...top, ...flags, ""].join("\n");
}
