// Headers of the Instance API and the text that they sign. Input: lines "name:value", an empty
// line, the body. The clock stands at the recorded requests' time.

#include <string>
#include <vector>

#include "endpoint_runner.h"
#include "envelope.h"
#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace {

using namespace strongroom;
using namespace strongroom::gateway_instance;

constexpr Instant kNow{1'795'301'333'000};  // Sat, 21 Nov 2026 22:48:53 GMT

http::Request request_of(std::string_view text, std::vector<NameValue>& headers) {
  while (!text.empty() && headers.size() < limits::kHeaderFieldsMax) {
    const std::string_view line = fuzz::take_until(text, '\n');
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  http::Request request;
  request.method = "POST";
  request.path = "/";
  request.headers = headers;
  request.body = text;
  return request;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<NameValue> headers;
  http::Request request = request_of(fuzz::text_of(data, size), headers);
  Envelope envelope;
  const auto read = read_envelope(request, kNow, envelope);
  const std::string text = string_to_sign(request);
  SR_CHECK(text.starts_with("POST\n") && text.ends_with("/"));
  if (!read) {
    SR_CHECK(!read.error().code().empty());
    return 0;
  }
  SR_CHECK(!is_openapi(request) && envelope.message != nullptr);
  SR_CHECK(!envelope.client_key_id.empty() && !envelope.signature.empty());
  SR_CHECK(envelope.message == find_message(envelope.api_name));
  // What is not signed changes nothing; what is signed is seen.
  headers.push_back({"X-Unsigned", "1"});
  request.headers = headers;
  SR_CHECK(string_to_sign(request) == text);
  headers.back() = {"X-KMS-zzz", "1"};
  request.headers = headers;
  SR_CHECK(string_to_sign(request) != text);
  return 0;
}
