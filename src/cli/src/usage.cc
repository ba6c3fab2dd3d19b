#include "usage.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "strongroom/base/unknown_words.h"

namespace strongroom::cli {
namespace {

constexpr std::size_t kTyposMax = 2;

/// The command as far as it was understood.
std::string understood(const CLI::App& app) {
  std::string words = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().back();
    words += ' ' + at->get_name();
  }
  return words;
}

const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return *at;
}

/// How many letters must be typed, removed or replaced to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t same = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = std::exchange(row[j], std::min({same, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

/// True if another tool calls `command` so.
bool is_synonym(std::string_view word, std::string_view command) {
  constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
      {"list", "ls"},         {"delete", "rm"},  {"remove", "rm"},  {"describe", "show"},
      {"describe", "get"},    {"show", "get"},   {"get", "show"},   {"info", "show"},
      {"read", "get"},        {"view", "get"},   {"add", "create"}, {"new", "create"},
      {"make", "create"},     {"create", "new"}, {"create", "add"}, {"create", "set"},
      {"update", "put"},      {"update", "set"}, {"write", "put"},  {"set", "put"},
      {"version", "versions"}};
  return std::ranges::find(kSynonyms, std::pair(word, command)) != std::end(kSynonyms);
}

/// The command below `parent` that `word` most likely means; empty if none is near.
std::string meant(const CLI::App& parent, const std::string& word) {
  std::string best;
  std::size_t least = std::min(kTyposMax, word.size() / 2) + 1;
  for (const CLI::App* command : parent.get_subcommands(nullptr)) {
    const std::string& name = command->get_name();
    if (is_synonym(word, name)) return name;
    const std::size_t typos = distance(word, name);
    if (typos < least) {
      least = typos;
      best = name;
    }
  }
  return best;
}

bool is_server_command(std::string_view word) {
  constexpr std::string_view kCommands[] = {"access-key", "config", "dev", "init", "root", "serve"};
  return std::ranges::find(kCommands, word) != std::end(kCommands);
}

/// A word at a command's place that is no command.
Failure unknown_command(const CLI::App& parent, const std::string& path, const std::string& word) {
  if (parent.get_parent() == nullptr && is_server_command(word)) {
    return {"there is no command \"" + path + " " + word + "\"",
            "it is one of the server's own program, on its host", "strongroomd " + word + " --help",
            path + " --help"};
  }
  const std::string near = meant(parent, word);
  return {"there is no command \"" + path + " " + word + "\"",
          "after " + path + " comes one of: " + names_below(parent, ", "),
          path + (near.empty() ? " --help" : " " + near + " --help"), path + " --help"};
}

/// Words and options that the command does not take.
Failure unexpected(const CLI::App& app, const std::vector<std::string>& extras) {
  const CLI::App& command = innermost(app);
  const auto [options, others] = unknown_words(extras);
  std::string why;
  if (!options.empty()) why = "it has no option " + options;
  if (others > 0) {
    why += (why.empty() ? "" : "; ") + std::to_string(others) +
           (others == 1 ? " word is" : " words are") +
           " too many (not repeated here: it may be a value)";
  }
  const bool takes_value = command.get_option_no_throw("--value-file") != nullptr ||
                           command.get_option_no_throw("secret") != nullptr;
  const std::string help = understood(app) + " --help";
  return {"the command line is not understood", why,
          takes_value ? value_advice(understood(app).substr(app.get_name().size() + 1) + " NAME -")
                      : help,
          help};
}

}  // namespace

std::string names_below(const CLI::App& parent, std::string_view between) {
  std::string names;
  for (const CLI::App* command : parent.get_subcommands(nullptr))
    names.append(names.empty() ? "" : between).append(command->get_name());
  return names;
}

std::string value_advice(std::string_view command) {
  return "printf %s \"$VALUE\" | strongroom " + std::string(command) +
         "   (or from a file, or nothing: it asks)";
}

Failure misunderstood(const CLI::App& app, const CLI::ParseError& error, std::string_view first) {
  const std::string path = understood(app);
  const CLI::App& command = innermost(app);
  const std::vector<std::string> extras = app.remaining(true);
  const auto word =
      std::ranges::find_if(extras, [](const std::string& one) { return !one.starts_with('-'); });
  const bool incomplete = !command.get_subcommands(nullptr).empty();
  if (word != extras.end() && (incomplete || *word == first)) {
    // A noun nobody knows lets a later word pass for the command: `secrets ls` ends in `ls`.
    const bool at_root = *word == first;
    return unknown_command(at_root ? app : command, at_root ? app.get_name() : path, *word);
  }
  if (incomplete && extras.empty()) {
    return {"the command line is not understood",
            "after " + path + " comes one of: " + names_below(command, ", "), path + " --help",
            path + " --help"};
  }
  if (!extras.empty()) return unexpected(app, extras);
  return {"the command line is not understood", error.what(), path + " --help", path + " --help"};
}

}  // namespace strongroom::cli
