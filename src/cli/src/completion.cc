#include <CLI/CLI.hpp>
#include <functional>

#include "terminal.h"
#include "usage.h"

// Scripts for three shells, made from the commands that there are. Names of secrets come from the
// server, as far as the caller may list them.

namespace strongroom::cli {
namespace {

std::string options_of(const CLI::App& command) {
  std::string words;
  for (const CLI::Option* one : command.get_options()) {
    for (const std::string& name : one->get_lnames())
      words += (words.empty() ? "--" : " --") + name;
  }
  return words;
}

/// True if the first word that the command takes is the name of a secret that is there.
bool takes_secret(const CLI::App& command, const std::string& path) {
  if (path == "secret create ") return false;
  const CLI::Option* name = command.get_option_no_throw("name");
  if (name == nullptr) return false;
  const std::string& about = name->get_description();
  return about.starts_with("name or ARN") || about.starts_with("name of the secret") ||
         about.starts_with("NAME or NAME@VERSION");
}

/// Calls `body` with each command and the words that lead to it, each with a blank: "secret get ".
void each_command(const CLI::App& parent, const std::string& path,
                  const std::function<void(const CLI::App&, const std::string&)>& body) {
  for (const CLI::App* one : parent.get_subcommands(nullptr)) {
    const std::string here = path + one->get_name() + " ";
    body(*one, here);
    each_command(*one, here, body);
  }
}

/// The lines of a `case` over the words typed so far: what may follow. zsh and bash read them.
std::string cases(const CLI::App& app) {
  std::string out = "    \"\") next=\"" + names_below(app, " ") + "\" ;;\n";
  each_command(app, "", [&out](const CLI::App& command, const std::string& path) {
    std::string next = names_below(command, " ");
    if (path == "completion ") next = "bash zsh fish";
    out += "    \"" + path + "\") next=\"" + next + "\" options=\"" + options_of(command) + "\"" +
           (takes_secret(command, path) ? " names=1" : "") + " ;;\n";
  });
  return out;
}

/// The commands as a pattern: "secret "|"secret get "|…
std::string known(const CLI::App& app) {
  std::string out;
  each_command(app, "", [&out](const CLI::App&, const std::string& path) {
    out += (out.empty() ? "\"" : "|\"") + path + "\"";
  });
  return out;
}

std::string bash(const CLI::App& app) {
  return "_strongroom() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" word next=\"\" options=\"\" "
         "names=\"\"\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$path$word \" in\n      " +
         known(app) +
         ") path+=\"$word \" ;;\n    esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases(app) +
         "  esac\n"
         "  [[ \"$cur\" == -* ]] && next=\"$options " +
         options_of(app) +
         "\"\n"
         "  [[ \"$cur\" != -* && -n \"$names\" ]] && next=\"$(strongroom ls -o raw 2>/dev/null)\"\n"
         "  COMPREPLY=($(compgen -W \"$next\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _strongroom strongroom\n";
}

std::string zsh(const CLI::App& app) {
  return "#compdef strongroom\n"
         "_strongroom() {\n"
         "  local p=\"\" word next=\"\" options=\"\" names=\"\"\n"
         "  for word in ${words[2,CURRENT-1]}; do\n"
         "    case \"$p$word \" in\n      " +
         known(app) +
         ") p+=\"$word \" ;;\n    esac\n"
         "  done\n"
         "  case \"$p\" in\n" +
         cases(app) +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then\n"
         "    compadd -- ${=options} " +
         options_of(app) +
         "\n"
         "  elif [[ -n $names ]]; then\n"
         "    compadd -- ${(f)\"$(strongroom ls -o raw 2>/dev/null)\"}\n"
         "  else\n"
         "    compadd -- ${=next}\n"
         "  fi\n"
         "}\n"
         "compdef _strongroom strongroom\n";
}

/// fish asks which words were seen, in any order.
std::string fish(const CLI::App& app) {
  std::string out =
      "function __strongroom_names\n  strongroom ls -o raw 2>/dev/null\nend\n"
      "complete -c strongroom -f\n"
      "complete -c strongroom -n __fish_use_subcommand -a \"" +
      names_below(app, " ") + "\"\n";
  each_command(app, "", [&out](const CLI::App& command, const std::string& path) {
    std::string seen;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = path.find(' ', at);
      seen += (seen.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
              path.substr(at, end - at);
      at = end + 1;
    }
    const std::string next = path == "completion " ? "bash zsh fish" : names_below(command, " ");
    const std::string line = "complete -c strongroom -n \"" + seen;
    if (!next.empty())
      out += line + "; and not __fish_seen_subcommand_from " + next + "\" -a \"" + next + "\"\n";
    if (takes_secret(command, path)) out += line + "\" -a \"(__strongroom_names)\"\n";
  });
  return out +
         "complete -c strongroom -l reveal\n"
         "complete -c strongroom -l yes\n"
         "complete -c strongroom -s o -l output -xa \"json yaml env raw\"\n";
}

}  // namespace

int completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return print(bash(app)) ? kOk : kError;
  if (shell == "zsh") return print(zsh(app)) ? kOk : kError;
  if (shell == "fish") return print(fish(app)) ? kOk : kError;
  show({"no completion for \"" + shell + "\"", "there are scripts for bash, zsh and fish",
        "strongroom completion bash > /etc/bash_completion.d/strongroom",
        "strongroom completion --help"});
  return kUsage;
}

}  // namespace strongroom::cli
