#include "strongroom/notify/https.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "refused.h"
#include "strongroom/base/ascii.h"
#include "strongroom/dial/url.h"

namespace strongroom::notify {
namespace {

constexpr std::int64_t kConnectMillis = 5'000;
constexpr std::int64_t kIoMillis = 10'000;
constexpr std::size_t kAnswerBytesMax = 16U << 10;
constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200 …"

/// How many bytes the answer has, once its head is there and says so.
std::optional<std::size_t> length_of(std::string_view answer) {
  constexpr std::string_view kField = "\r\ncontent-length:";
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string head = lowered(answer.substr(0, end + 2));
  std::size_t at = head.find(kField);
  if (at == std::string::npos) return std::nullopt;
  at = head.find_first_not_of(' ', at + kField.size());
  std::size_t length = 0;
  const auto [rest, error] = std::from_chars(head.data() + at, head.data() + head.size(), length);
  if (error != std::errc() || length > kAnswerBytesMax) return std::nullopt;
  return end + 4 + length;
}

/// All of it, as far as it goes: many servers close without saying goodbye.
Result<std::string> read_answer(dial::Connection& connection) {
  std::string answer;
  std::array<char, 4096> piece;
  while (answer.size() < kAnswerBytesMax) {
    if (const auto length = length_of(answer); length && answer.size() >= *length) break;
    const auto size = connection.read(piece);
    if (!size && !answer.contains("\r\n\r\n")) return std::unexpected(size.error());
    if (!size || *size == 0) break;
    answer.append(piece.data(), *size);
  }
  return answer;
}

}  // namespace

dial::Options dial_options(std::string_view host, const CourierOptions& options) {
  dial::Options how;
  how.ca_file = options.ca_file;
  how.connect_millis = kConnectMillis;
  how.io_millis = kIoMillis;
  how.public_addresses_only =
      std::ranges::find(options.private_hosts, host) == options.private_hosts.end();
  return how;
}

// HTTP/1.0, so that the answer is not chunked and ends with the connection.
Result<std::string> exchange_https(const std::string& url, const Post& post,
                                   const CourierOptions& options) {
  const auto place = dial::parse_https_url(url);
  if (!place) return refused("nothing: the address cannot be used");
  SR_TRY(auto connection,
         dial::Connection::open(place->target, dial_options(place->target.host, options)));
  std::string request = "POST " + place->path + " HTTP/1.0\r\nHost: " + place->authority;
  request.append("\r\nContent-Type: ").append(post.content_type);
  request.append("\r\nUser-Agent: strongroom\r\nConnection: close\r\nContent-Length: ");
  request.append(std::to_string(post.body.size())).append("\r\n");
  request.append(post.fields).append("\r\n").append(post.body);
  SR_CHECK_OK(connection.write(request));
  return read_answer(connection);
}

Result<std::string> post_https(const std::string& url, const Post& post,
                               const CourierOptions& options) {
  SR_TRY(std::string answer, exchange_https(url, post, options));
  const bool taken =
      answer.starts_with("HTTP/1.") && answer.size() > kStatusAt && answer[kStatusAt] == '2';
  if (!taken) return refused(std::string_view(answer).substr(0, answer.find('\r')));
  return answer;
}

}  // namespace strongroom::notify
