#include "strongroom/dial/http_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "strongroom/base/ascii.h"
#include "strongroom/base/time.h"

namespace strongroom::dial {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200 …"
constexpr std::size_t kStatusChars = 3;
constexpr std::size_t kChunkLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 8U << 10;

std::unexpected<Error> malformed(std::string_view why) {
  return fail(ErrorKind::kUnavailable, "MalformedAnswer",
              "The answer cannot be used: " + std::string(why) + ".");
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::size_t> number_of(std::string_view text, int base) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What the head says of the body.
struct Framing {
  bool chunked = false;
  std::optional<std::size_t> length;
};

Result<Framing> framing_of(std::string_view fields) {
  Framing out;
  while (!fields.empty()) {
    const std::string_view line = fields.substr(0, fields.find(kLineEnd));
    fields.remove_prefix(std::min(fields.size(), line.size() + kLineEnd.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a header field has no colon");
    const std::string name = lowered(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "content-length") {
      const auto length = number_of(value, 10);
      if (!length || out.length) return malformed("its Content-Length is wrong");
      out.length = length;
    } else if (name == "transfer-encoding") {
      if (lowered(value) != "chunked" || out.chunked) {
        return malformed("it has another Transfer-Encoding than chunked");
      }
      out.chunked = true;
    }
  }
  if (out.chunked && out.length) return malformed("it tells its length twice");
  return out;
}

/// Reads chunks off the front.
class Chunks {
 public:
  Chunks(std::string_view text, std::size_t body_max) : text_(text), body_max_(body_max) {}

  /// The whole body; nothing if it is not all there.
  Result<std::optional<std::string>> join() {
    std::string body;
    while (true) {
      SR_TRY(const std::optional<std::size_t> size, size_line());
      if (!size) return std::nullopt;
      if (*size == 0) break;
      if (*size > body_max_ - body.size()) return malformed("its body is too large");
      if (text_.size() < *size + kLineEnd.size()) return std::nullopt;
      body += text_.substr(0, *size);
      if (!text_.substr(*size).starts_with(kLineEnd)) return malformed("a chunk has no end");
      text_.remove_prefix(*size + kLineEnd.size());
    }
    if (!text_.starts_with(kLineEnd) && text_.find(kHeadEnd) == std::string_view::npos) {
      if (text_.size() > kTrailerBytesMax) return malformed("its trailers are too large");
      return std::nullopt;
    }
    return body;
  }

 private:
  Result<std::optional<std::size_t>> size_line() {
    const std::size_t end = text_.find(kLineEnd);
    if (std::min(end, text_.size()) > kChunkLineBytesMax) return malformed("a chunk has no size");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text_.substr(0, end);
    const auto size = number_of(trim(line.substr(0, line.find(';'))), 16);
    if (!size) return malformed("a chunk has no size");
    text_.remove_prefix(end + kLineEnd.size());
    return size;
  }

  std::string_view text_;
  std::size_t body_max_;
};

Result<std::optional<std::string>> body_of(const Framing& framing, std::string_view rest,
                                           bool ended, std::size_t body_max) {
  if (framing.chunked) return Chunks(rest, body_max).join();
  if (framing.length.value_or(0) > body_max) return malformed("its body is too large");
  if (framing.length) {
    if (rest.size() < *framing.length) return std::nullopt;
    return std::string(rest.substr(0, *framing.length));
  }
  if (rest.size() > body_max) return malformed("its body is too large");
  if (!ended) return std::nullopt;
  return std::string(rest);
}

}  // namespace

Result<std::optional<HttpAnswer>> parse_answer(std::string_view got, bool ended,
                                               std::size_t body_max) {
  while (true) {
    const std::size_t end = got.find(kHeadEnd);
    if (std::min(end, got.size()) > kAnswerHeadBytesMax) return malformed("its head is too large");
    if (end == std::string_view::npos) {
      if (ended) return malformed("no whole HTTP answer came");
      return std::nullopt;
    }
    const std::string_view line = got.substr(0, got.find(kLineEnd));
    const bool is_http = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    const auto status =
        number_of(is_http ? line.substr(kStatusAt, kStatusChars) : std::string_view(), 10);
    if (!status || line.size() < kStatusAt + kStatusChars || *status < 100) {
      return malformed("it is not HTTP/1.1");
    }
    const std::string_view head = got.substr(0, end + kLineEnd.size());
    got.remove_prefix(end + kHeadEnd.size());
    if (*status < 200) continue;
    SR_TRY(const Framing framing, framing_of(head.substr(line.size() + kLineEnd.size())));
    SR_TRY(std::optional<std::string> body, body_of(framing, got, ended, body_max));
    if (body) return HttpAnswer{.status = static_cast<int>(*status), .body = std::move(*body)};
    if (ended) return malformed("it was cut short");
    return std::nullopt;
  }
}

Result<HttpAnswer> read_answer(Connection& connection, const AnswerBounds& bounds) {
  const std::int64_t deadline = monotonic_ns() + bounds.millis * 1'000'000;
  std::string got;
  std::array<char, 16U << 10> piece;
  bool ended = false;
  while (true) {
    SR_TRY(std::optional<HttpAnswer> answer, parse_answer(got, ended, bounds.body_max));
    if (answer) return std::move(*answer);
    // Chunks of a few bytes each would make it many times its body.
    if (got.size() > kAnswerHeadBytesMax + 2 * bounds.body_max + kTrailerBytesMax) {
      return malformed("it is too large");
    }
    if (monotonic_ns() > deadline) {
      return fail(ErrorKind::kUnavailable, "Timeout", "The answer took too long.");
    }
    SR_TRY(const std::size_t size, connection.read(piece));
    ended = size == 0;
    got.append(piece.data(), size);
  }
}

}  // namespace strongroom::dial
