#include "commands.h"
#include "terminal.h"

// Scripts for three shells. Names of secrets come from the server, as far as the caller may list
// them.

namespace strongroom::cli {
namespace {

constexpr std::string_view kBash = R"SH(_strongroom() {
  local cur="${COMP_WORDS[COMP_CWORD]}" noun="${COMP_WORDS[1]}" verb="${COMP_WORDS[2]}"
  local names='strongroom ls -o raw'
  case "$COMP_CWORD" in
    1) COMPREPLY=($(compgen -W "secret get put ls status doctor whoami audit explain who-can what-can policy rotate rotation leak completion" -- "$cur")) ;;
    2) case "$noun" in
         secret) COMPREPLY=($(compgen -W "create get put ls versions label tag rm restore" -- "$cur")) ;;
         audit) COMPREPLY=($(compgen -W "verify prove tail" -- "$cur")) ;;
         completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")) ;;
         get|put) COMPREPLY=($(compgen -W "$($names 2>/dev/null)" -- "$cur")) ;;
       esac ;;
    *) if [[ "$cur" == -* ]]; then
         COMPREPLY=($(compgen -W "--help --output --reveal --version-id --stage --value-file --show-api --yes" -- "$cur"))
       elif [[ "$noun" == secret && "$verb" != create ]]; then
         COMPREPLY=($(compgen -W "$($names 2>/dev/null)" -- "$cur"))
       fi ;;
  esac
}
complete -F _strongroom strongroom
)SH";

constexpr std::string_view kZsh = R"SH(#compdef strongroom
_strongroom_names() { compadd -- ${(f)"$(strongroom ls -o raw 2>/dev/null)"} }
_strongroom() {
  case $CURRENT in
    2) compadd secret get put ls status doctor whoami audit explain who-can what-can policy rotate rotation leak completion ;;
    3) case $words[2] in
         secret) compadd create get put ls versions label tag rm restore ;;
         audit) compadd verify prove tail ;;
         completion) compadd bash zsh fish ;;
         get|put) _strongroom_names ;;
       esac ;;
    *) if [[ $words[2] == secret && $PREFIX != -* ]]; then
         _strongroom_names
       else
         compadd -- --help --output --reveal --version-id --stage --value-file --show-api --yes
       fi ;;
  esac
}
compdef _strongroom strongroom
)SH";

constexpr std::string_view kFish = R"SH(function __strongroom_names
  strongroom ls -o raw 2>/dev/null
end
set -l verbs create get put ls versions label tag rm restore
complete -c strongroom -f
complete -c strongroom -n __fish_use_subcommand -a "secret get put ls status doctor whoami audit explain who-can what-can policy rotate rotation leak completion"
complete -c strongroom -n "__fish_seen_subcommand_from secret; and not __fish_seen_subcommand_from $verbs" -a "$verbs"
complete -c strongroom -n "__fish_seen_subcommand_from audit" -a "verify prove tail"
complete -c strongroom -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"
complete -c strongroom -n "__fish_seen_subcommand_from get put versions label tag rm restore" -a "(__strongroom_names)"
complete -c strongroom -l reveal
complete -c strongroom -l yes
complete -c strongroom -s o -l output -xa "json yaml env raw"
)SH";

}  // namespace

int completion(const std::string& shell) {
  if (shell == "bash") return print(kBash) ? kOk : kError;
  if (shell == "zsh") return print(kZsh) ? kOk : kError;
  if (shell == "fish") return print(kFish) ? kOk : kError;
  show({"no completion for \"" + shell + "\"", "there are scripts for bash, zsh and fish",
        "strongroom completion bash > /etc/bash_completion.d/strongroom",
        "strongroom completion --help"});
  return kUsage;
}

}  // namespace strongroom::cli
