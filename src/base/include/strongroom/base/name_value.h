#pragma once
// A header field, a parameter or a tag: two views into somebody else's buffer.

#include <string_view>

namespace strongroom {

struct NameValue {
  std::string_view name;
  std::string_view value;
  bool operator==(const NameValue&) const = default;
};

}  // namespace strongroom
