// A function behind an HTTPS endpoint: POST of the event, as a custom runtime of Function Compute
// gets it, signed.

#include "event.h"
#include "status.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/time.h"
#include "strongroom/connector_function/connector.h"
#include "strongroom/connector_kit/https.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::connector_function {
namespace {

using connector_kit::Attempt;
using connector_kit::Budget;
using connector_kit::HttpAnswer;
using connector_kit::HttpsCall;
using connector_kit::text_of;

constexpr std::string_view kDefaultPath = "/invoke";
constexpr int kOk = 200;

/// "v1=" and the HMAC-SHA256 of timestamp, path and event, a line each, in hexadecimal.
Attempt<std::string> signature_of(const connector::Job& job, std::string_view timestamp,
                                  std::string_view path, const SecretBytes& event) {
  const auto key = crypto::HmacKey::make(crypto::MacHash::kSha256, job.admin.secret);
  if (!key) return std::unexpected(connector_kit::failure_of(key.error()));
  const crypto::MacTag tag = key->sign({as_bytes(timestamp), as_bytes("\n"), as_bytes(path),
                                        as_bytes("\n"), as_bytes(text_of(event))});
  return "v1=" + hex_encode(tag.view());
}

Attempt<SecretBytes> invoke(const connector::Job& job, const HttpsCall& call,
                            const SecretBytes& event, const Budget& budget) {
  const std::string path = call.url.path.size() > 1 ? call.url.path : std::string(kDefaultPath);
  SystemClock clock;
  const std::string timestamp = std::to_string(clock.now().unix_ms);
  SR_TRY(const std::string signature, signature_of(job, timestamp, path, event));
  const std::string head =
      "POST " + path + " HTTP/1.0\r\nHost: " + call.url.authority +
      "\r\nContent-Type: application/octet-stream\r\nUser-Agent: strongroom\r\nConnection: close" +
      "\r\nX-Fc-Request-Id: " + job.id + "\r\nX-Strongroom-Key-Id: " + job.admin.account +
      "\r\nX-Strongroom-Timestamp: " + timestamp + "\r\nX-Strongroom-Signature: " + signature +
      "\r\nContent-Length: " + std::to_string(event.size()) + "\r\n\r\n";
  SR_TRY(const SecretBytes sent, connector_kit::join(head, {}, {}));
  SR_TRY(HttpAnswer answer, connector_kit::post(call, sent, event, budget));
  if (answer.status == kOk && answer.field("x-fc-status") != "404") return std::move(answer.body);
  // A custom runtime says 404 when the function itself failed: it may have done something.
  if (answer.field("x-fc-status") == "404")
    return connector_kit::ambiguous("FunctionFailed", "The function says that it failed.");
  return std::unexpected(failure_of_status(answer.status, "The function's endpoint"));
}

}  // namespace

Result<connector::Outcome> HttpConnector::run(const connector::Job& job) {
  return run_step(job, [&](const SecretBytes& event, const Budget& budget) -> Attempt<SecretBytes> {
    const auto url = connector_kit::url_of(job.target, "a function");
    if (!url) return std::unexpected(url.error());
    const HttpsCall call{*url, job.target.tls_roots, private_hosts_, "The function's endpoint",
                         kAnswerBytesMax};
    return invoke(job, call, event, budget);
  });
}

}  // namespace strongroom::connector_function
