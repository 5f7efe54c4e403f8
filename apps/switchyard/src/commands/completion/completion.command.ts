import { type Command, Argument } from 'commander';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';

/** What each shell is told once. All of them ask `switchyard complete` what may come next. */
const SCRIPTS = {
  bash: `_switchyard() {
  local IFS=$'\\n'
  COMPREPLY=($(switchyard complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _switchyard switchyard`,
  zsh: `#compdef switchyard
_switchyard() {
  local -a found
  found=("\${(@f)$(switchyard complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "\${found[1]}" ]] && compadd -- "\${found[@]}" || _files
}
compdef _switchyard switchyard`,
  fish: `function __switchyard_complete
  set -l words (commandline -opc) (commandline -ct)
  switchyard complete -- $words[2..-1] 2>/dev/null
end
complete -c switchyard -a '(__switchyard_complete)'`,
} as const;

const PLACES: Readonly<Record<keyof typeof SCRIPTS, string>> = {
  bash: 'echo \'eval "$(switchyard completion bash)"\' >> ~/.bashrc',
  zsh: 'echo \'eval "$(switchyard completion zsh)"\' >> ~/.zshrc',
  fish: 'switchyard completion fish > ~/.config/fish/completions/switchyard.fish',
};

/** `completion SHELL`: prints what makes a shell complete our words. */
export const completionCommand = (): Command =>
  newCommand('completion')
    .description(
      `Prints what makes a shell complete commands and options. Once:\n${Object.values(PLACES)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => say(SCRIPTS[shell]));
