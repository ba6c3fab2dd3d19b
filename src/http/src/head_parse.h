#pragma once
// A complete head in, a Request's head and its body framing out, or a refusal.

#include <cstddef>
#include <string_view>
#include <vector>

#include "strongroom/http/request.h"

namespace strongroom::http {

struct Head {
  std::string_view method;
  std::string_view target;
  std::string_view path;
  std::string_view query;
  std::vector<NameValue> fields;
  bool keep_alive = true;
  bool chunked = false;
  bool expect_continue = false;
  std::size_t content_length = 0;  // 0 if absent or chunked

  /// Empties it and keeps the field capacity.
  void clear();
};

/// `bytes` is what HeadScan found complete. Views in `head` point into `bytes`. Null if it is
/// well-formed and announces at most `body_max` bytes.
const Refusal* parse_head(std::string_view bytes, std::size_t body_max, Head& head);

/// The part of parse_head() that reads method, target, fields and keep_alive, done by llhttp: any
/// head. `http_1_1` is set if there is no refusal. parse_head() goes another way for usual ones.
const Refusal* parse_any_head(std::string_view bytes, Head& head, bool& http_1_1);

/// ASCII only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace strongroom::http
