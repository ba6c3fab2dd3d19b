// One GET over TLS. HTTP/1.0, so that the answer is not chunked and ends with the connection.

#include <algorithm>
#include <array>

#include "strongroom/base/limits.h"
#include "strongroom/dial/connection.h"
#include "strongroom/oidc/issuers.h"

namespace strongroom::oidc {
namespace {

constexpr std::int64_t kConnectMillis = 5'000;
constexpr std::int64_t kReadMillis = 5'000;
constexpr std::size_t kHeadBytesMax = 16U << 10;

std::unexpected<Error> bad_answer(std::string why) {
  return fail(ErrorKind::kUnavailable, "FetchFailed", std::move(why));
}

std::string host_field(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + url.host + "]" : url.host;
  return url.port == 443 ? host : host + ":" + std::to_string(url.port);
}

Result<std::string> read_all(dial::Connection& connection) {
  std::string answer;
  std::array<char, 16U << 10> piece;
  while (true) {
    SR_TRY(const std::size_t size, connection.read(piece));
    if (size == 0) return answer;
    answer.append(piece.data(), size);
    if (answer.size() > limits::kOidcDocumentBytesMax + kHeadBytesMax) {
      return bad_answer("the answer is too large.");
    }
  }
}

Result<std::string> body_of(std::string answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  // npos, no end at all, is above every bound.
  if (end > kHeadBytesMax) return bad_answer("no HTTP answer came.");
  std::string head = answer.substr(0, end);
  std::ranges::transform(head, head.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!head.starts_with("http/1.1 200") && !head.starts_with("http/1.0 200")) {
    return bad_answer("it answered " + answer.substr(0, std::min<std::size_t>(12, end)) + ".");
  }
  if (head.contains("\r\ntransfer-encoding:")) return bad_answer("the answer is chunked.");
  answer.erase(0, end + 4);
  return answer;
}

}  // namespace

Fetch make_fetch(FetchOptions options) {
  return [options = std::move(options)](const Url& url) -> Result<Fetched> {
    dial::Options how;
    how.ca_file = options.ca_file;
    how.connect_millis = kConnectMillis;
    how.io_millis = kReadMillis;
    how.public_addresses_only =
        std::ranges::find(options.private_hosts, url.host) == options.private_hosts.end();
    SR_TRY(auto connection, dial::Connection::open({url.host, url.port}, how));
    const std::string path = url.path.empty() ? "/" : url.path;
    SR_CHECK_OK(connection.write("GET " + path + " HTTP/1.0\r\nHost: " + host_field(url) +
                                 "\r\nAccept: application/json\r\nConnection: close\r\n\r\n"));
    SR_TRY(std::string answer, read_all(connection));
    SR_TRY(std::string body, body_of(std::move(answer)));
    return Fetched{.body = std::move(body), .fingerprints = connection.chain_fingerprints()};
  };
}

}  // namespace strongroom::oidc
