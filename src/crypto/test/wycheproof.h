#pragma once
// Reads Wycheproof vector files for tests.

#include <simdjson.h>

#include <functional>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto::test {

struct Case {
  simdjson::dom::element group;
  simdjson::dom::element test;

  std::string text(const char* field) const { return std::string(std::string_view(test[field])); }
  std::string bytes(const char* field) const {
    auto decoded = hex_decode(std::string_view(test[field]));
    SR_CHECK(decoded.has_value());
    return *decoded;
  }
  std::int64_t group_number(const char* field) const { return std::int64_t(group[field]); }
  bool valid() const { return std::string_view(test["result"]) == "valid"; }
  std::string name() const {
    return "tcId " + std::to_string(std::int64_t(test["tcId"])) + " " + text("comment");
  }
};

/// Calls `body` for every test of the file; returns how many there were.
inline int for_each_case(const std::string& file, const std::function<void(const Case&)>& body) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root =
      parser.load(std::string(STRONGROOM_VECTORS_DIR "/wycheproof/") + file);
  int count = 0;
  for (const simdjson::dom::element group : root["testGroups"].get_array()) {
    for (const simdjson::dom::element test : group["tests"].get_array()) {
      body(Case{group, test});
      ++count;
    }
  }
  return count;
}

}  // namespace strongroom::crypto::test
