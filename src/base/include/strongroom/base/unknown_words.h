#pragma once
// What may be repeated of a command line that was not understood: any word of it may be a value,
// and the message ends in logs. Pure, thread-safe.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom {

struct UnknownWords {
  std::string options;     // names of options, without what follows '=': "--a, --b"; may be empty
  std::size_t others = 0;  // words of which nothing may be said
};

inline UnknownWords unknown_words(const std::vector<std::string>& words) {
  UnknownWords found;
  for (const std::string_view word : words) {
    const std::string_view name = word.substr(0, word.find('='));
    const bool plain =
        name.size() > 2 && name.starts_with("--") &&
        name.find_first_not_of("-abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
    if (!plain) {
      ++found.others;
    } else {
      found.options.append(found.options.empty() ? "" : ", ").append(name);
    }
  }
  return found;
}

}  // namespace strongroom
