// One GET over TLS.

#include <algorithm>

#include "strongroom/base/limits.h"
#include "strongroom/dial/connection.h"
#include "strongroom/dial/http_answer.h"
#include "strongroom/oidc/issuers.h"

namespace strongroom::oidc {
namespace {

constexpr std::int64_t kConnectMillis = 5'000;
constexpr std::int64_t kReadMillis = 5'000;
constexpr std::int64_t kAnswerMillis = 15'000;  // all of it
constexpr int kOk = 200;

std::string host_field(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + url.host + "]" : url.host;
  return url.port == 443 ? host : host + ":" + std::to_string(url.port);
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
    SR_CHECK_OK(connection.write("GET " + path + " HTTP/1.1\r\nHost: " + host_field(url) +
                                 "\r\nAccept: application/json\r\nConnection: close\r\n\r\n"));
    SR_TRY(dial::HttpAnswer answer,
           dial::read_answer(connection, {limits::kOidcDocumentBytesMax, kAnswerMillis}));
    if (answer.status != kOk) {
      return fail(ErrorKind::kUnavailable, "FetchFailed",
                  "It answered " + std::to_string(answer.status) + ".");
    }
    return Fetched{.body = std::move(answer.body), .fingerprints = connection.chain_fingerprints()};
  };
}

}  // namespace strongroom::oidc
