#include "rules.h"

namespace strongroom::connector_redis {
namespace {

/// What stands before the next blank; removes it from `text`. Names may hold parentheses.
std::string_view take_name(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const std::string_view name = text.substr(0, text.find(' '));
  text.remove_prefix(name.size());
  return name;
}

/// The next word, or a whole selector in parentheses; removes it from `text`.
std::string_view take_word(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const bool selector = text.starts_with('(');
  std::size_t end = text.find(selector ? ')' : ' ');
  if (selector && end != std::string_view::npos) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

bool parse_user(std::string_view line, std::string_view name, User& user) {
  if (take_name(line) != "user" || take_name(line) != name) return false;
  user = {};
  while (true) {
    const std::string_view word = take_word(line);
    if (word.empty()) return true;
    if (word == "on" || word == "off") {
      user.on = word == "on";
    } else if (word == "nopass") {
      user.nopass = true;
    } else if (word.starts_with('#')) {
      user.hashes.emplace(word.substr(1));
    } else if (word != "sanitize-payload") {  // the default, written for some users only
      user.rules.emplace_back(word);
    }
  }
}

}  // namespace strongroom::connector_redis
