#include "strongroom/http/answer_buffer.h"

#include <time.h>

#include <array>
#include <charconv>
#include <cstring>

#include "strongroom/base/check.h"
#include "strongroom/base/time.h"

namespace strongroom::http {
namespace {

struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array kReasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{204, "No Content"},
    Reason{302, "Found"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{503, "Service Unavailable"},
    Reason{505, "HTTP Version Not Supported"},
};

std::string_view reason_of(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.text;
  }
  return "Status";
}

// The field that an origin server with a clock sends (RFC 9110 §6.6.1), made once a second and
// thread.
std::string_view date_field() {
  constexpr const char* kForm = "Date: %a, %d %b %Y %H:%M:%S GMT\r\n";  // in the C locale
  thread_local time_t made_at = -1;
  thread_local std::array<char, 64> text;
  thread_local std::size_t size = 0;
  const time_t now = SystemClock().now().unix_ms / kMillisPerSecond;
  if (now != made_at) {
    tm utc{};
    gmtime_r(&now, &utc);
    size = strftime(text.data(), text.size(), kForm, &utc);
    made_at = now;
  }
  return {text.data(), size};
}

// A head of at most kAnswerHeadBytesMax bytes, front to back, in memory that is the caller's. No
// field may smuggle a line break.
class HeadText {
 public:
  explicit HeadText(char* bytes) : bytes_(bytes) {}
  void add(std::string_view text) {
    SR_CHECK(text.size() <= kAnswerHeadBytesMax - size_);
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void add(std::size_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  void field(std::string_view name, std::string_view value) {
    const bool breaks = value.contains('\r') || value.contains('\n');
    SR_CHECK(!breaks);
    add(name);
    add(": ");
    add(value);
    add("\r\n");
  }
  std::size_t size() const { return size_; }

 private:
  char* const bytes_;
  std::size_t size_ = 0;
};

}  // namespace

AnswerBuffer::AnswerBuffer() {
  take_memory();
}

void AnswerBuffer::take_memory() {
  std::string fresh;
  fresh.reserve(kAnswerHeadBytesMax + kAnswerBytesMax);
  fresh.resize(kAnswerHeadBytesMax);
  bytes_.swap(fresh);
  home_ = bytes_.data();
}

AnswerBuffer::~AnswerBuffer() {
  explicit_bzero(bytes_.data(), bytes_.size());
}

void AnswerBuffer::clear_body() {
  SR_CHECK(bytes_.size() >= kAnswerHeadBytesMax);
  explicit_bzero(bytes_.data() + kAnswerHeadBytesMax, bytes_.size() - kAnswerHeadBytesMax);
  if (bytes_.data() != home_) return take_memory();
  bytes_.resize(kAnswerHeadBytesMax);
}

std::string_view AnswerBuffer::finish(int status, std::string_view content_type,
                                      std::span<const NameValue> extra, bool close) {
  SR_CHECK(bytes_.data() == home_ && bytes_.size() >= kAnswerHeadBytesMax);
  HeadText head(bytes_.data());  // moved to where the body begins once its length is known
  head.add("HTTP/1.1 ");
  head.add(static_cast<std::size_t>(status));
  head.add(" ");
  head.add(reason_of(status));
  head.add("\r\n");
  head.add(date_field());
  if (!content_type.empty()) head.field("Content-Type", content_type);
  head.add("Content-Length: ");
  head.add(bytes_.size() - kAnswerHeadBytesMax);
  head.add("\r\n");
  for (const NameValue& field : extra) head.field(field.name, field.value);
  if (close) head.field("Connection", "close");
  head.add("\r\n");
  const std::size_t begin = kAnswerHeadBytesMax - head.size();
  std::memmove(bytes_.data() + begin, bytes_.data(), head.size());
  return finished_ = std::string_view(bytes_).substr(begin);
}

void AnswerBuffer::reset() {
  clear_body();
  finished_ = {};
  explicit_bzero(bytes_.data(), kAnswerHeadBytesMax);
}

}  // namespace strongroom::http
