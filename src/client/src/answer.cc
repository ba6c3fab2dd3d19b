#include "answer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>

#include "reveal.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/http/answer_buffer.h"

namespace strongroom::client {
namespace {

constexpr std::size_t kPadding = 64;  // what the JSON parser may read past the end

std::unexpected<Error> malformed(std::string why) {
  return fail(ErrorKind::kInvalidInput, "MalformedAnswer",
              "The answer is not HTTP/1.1 as expected: " + std::move(why) +
                  ". Is the endpoint a Strongroom?");
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

struct Head {
  int status = 0;
  std::string_view request_id;
  std::int64_t date = 0;
  std::optional<std::size_t> length;
  bool close = false;
};

std::int64_t parse_date(std::string_view text) {
  std::tm when{};
  const char* end = strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &when);
  return end == nullptr ? 0 : timegm(&when);
}

Result<void> take_field(std::string_view line, Head& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("a header field without a colon");
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  if (equals_any_case(name, "content-length")) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc() || end != value.data() + value.size() || head.length) {
      return malformed("its Content-Length");
    }
    head.length = length;
  } else if (equals_any_case(name, "transfer-encoding")) {
    return malformed("it has a Transfer-Encoding");
  } else if (equals_any_case(name, "connection")) {
    head.close = equals_any_case(value, "close");
  } else if (equals_any_case(name, "x-acs-request-id")) {
    head.request_id = value;
  } else if (equals_any_case(name, "date")) {
    head.date = parse_date(value);
  }
  return {};
}

Result<Head> parse_head(std::string_view text) {
  Head head;
  const auto first = text.substr(0, text.find("\r\n"));
  const auto status = first.size() >= 12 ? first.substr(9, 3) : std::string_view();
  const auto [end, error] =
      std::from_chars(status.data(), status.data() + status.size(), head.status);
  if (!first.starts_with("HTTP/1.1 ") || error != std::errc() || head.status < 200) {
    return malformed("its status line");
  }
  text.remove_prefix(std::min(text.size(), first.size() + 2));
  while (!text.empty()) {
    const auto line = text.substr(0, text.find("\r\n"));
    SR_CHECK_OK(take_field(line, head));
    text.remove_prefix(std::min(text.size(), line.size() + 2));
  }
  if (!head.length) return malformed("no Content-Length");
  if (*head.length > http::kAnswerBytesMax) return malformed("it is too large");
  return head;
}

std::unexpected<Error> cut_short() {
  return fail(ErrorKind::kUnavailable, "ConnectionBroken",
              "The server closed the connection before its answer was complete.");
}

}  // namespace

Result<RawAnswer> read_answer(const Source& source) {
  constexpr std::size_t kFirstBytes = 64U << 10;
  SR_TRY(auto first, SecretBytes::zeroed(kFirstBytes));
  const auto room = ClientReveal::writable(first);
  char* const start = reinterpret_cast<char*>(room.data());
  std::size_t held = 0;
  std::size_t head_end = std::string_view::npos;
  while (head_end == std::string_view::npos) {
    if (held == room.size()) return malformed("its head is too large");
    SR_TRY(const auto got, source({start + held, room.size() - held}));
    if (got == 0) return cut_short();
    held += got;
    head_end = std::string_view(start, held).find("\r\n\r\n");
  }
  SR_TRY(const auto head, parse_head(std::string_view(start, head_end)));
  const std::size_t early = held - (head_end + 4);
  if (early > *head.length) return malformed("bytes behind the answer");

  RawAnswer raw;
  raw.keep_alive = !head.close;
  raw.answer.status = head.status;
  raw.answer.request_id = head.request_id;
  raw.answer.server_clock = head.date;
  raw.answer.body_size = *head.length;
  SR_TRY(raw.answer.body, SecretBytes::zeroed(*head.length + kPadding));
  char* const body = reinterpret_cast<char*>(ClientReveal::writable(raw.answer.body).data());
  std::memcpy(body, start + head_end + 4, early);
  for (std::size_t filled = early; filled < *head.length;) {
    SR_TRY(const auto got, source({body + filled, *head.length - filled}));
    if (got == 0) return cut_short();
    filled += got;
  }
  return raw;
}

}  // namespace strongroom::client
