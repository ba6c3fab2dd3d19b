#include "strongroom/client/client.h"

#include "answer.h"
#include "reveal.h"
#include "signing.h"
#include "strongroom/base/bytes.h"

namespace strongroom::client {
namespace {

constexpr std::size_t kShownSignature = 8;

ErrorKind kind_of(int status, std::string_view code) {
  if (code.starts_with("InvalidAccessKeyId") || code.starts_with("SignatureDoesNotMatch") ||
      code.starts_with("IncompleteSignature") || code.starts_with("InvalidTimeStamp") ||
      code.starts_with("InvalidSecurityToken") || status == 401) {
    return ErrorKind::kUnauthenticated;
  }
  if (code.find("Throttling") != std::string_view::npos) return ErrorKind::kUnavailable;
  // A code says it more exactly than its status: Forbidden.DKMSInstanceNotFound has 403.
  if (code.find("NotFound") != std::string_view::npos) return ErrorKind::kNotFound;
  if (code.find("AlreadyExists") != std::string_view::npos ||
      code.find("StateInvalid") != std::string_view::npos) {
    return ErrorKind::kConflict;
  }
  switch (status) {
    case 403:
      return ErrorKind::kDenied;
    case 404:
      return ErrorKind::kNotFound;
    case 409:
      return ErrorKind::kConflict;
    case 429:
    case 502:
    case 503:
    case 504:
      return ErrorKind::kUnavailable;
    default:
      return status >= 500 ? ErrorKind::kInternal : ErrorKind::kInvalidInput;
  }
}

}  // namespace

ApiError Answer::error() const {
  const auto& root = json.root();
  ApiError error;
  error.status = status;
  error.code = root["Code"].text();
  error.message = root["Message"].text();
  error.request_id = request_id.empty() ? std::string(root["RequestId"].text()) : request_id;
  error.kind = kind_of(status, error.code);
  if (error.code.empty()) error.code = "HTTP " + std::to_string(status);
  return error;
}

Client::Client(Settings settings, Clock& clock, Random& random)
    : settings_(std::move(settings)), clock_(clock), random_(random) {}

void add(ApiCall& call, std::string name, const std::string& value) {
  if (!value.empty()) call.parameters.push_back({std::move(name), value});
}

Result<const dial::Connection*> Client::connect() {
  if (!connection_) {
    SR_TRY(const auto target, dial::parse_target(settings_.endpoint));
    dial::Options options;
    options.ca_file = settings_.ca_file;
    SR_TRY(auto opened, dial::Connection::open(target, options));
    connection_.emplace(std::move(opened));
  }
  return &*connection_;
}

Result<Answer> Client::call(const ApiCall& call) {
  SR_TRY(const auto body, form_body(call.parameters));
  SR_TRY(const auto head, signed_head(settings_, call, make_stamp(clock_, random_), body));
  SR_CHECK_OK(connect());
  auto answer = exchange(head, body);
  if (!answer) connection_.reset();
  return answer;
}

Result<Answer> Client::exchange(std::string_view head, const SecretBytes& body) {
  SR_CHECK_OK(connection_->write(head));
  SR_CHECK_OK(connection_->write(as_chars(ClientReveal::bytes(body))));
  SR_TRY(auto raw, read_answer([this](std::span<char> into) { return connection_->read(into); }));
  if (!raw.keep_alive) connection_.reset();
  SR_TRY(raw.answer.json, Json::parse(raw.answer.body, raw.answer.body_size));
  return std::move(raw.answer);
}

Result<Preview> Client::preview(const ApiCall& call) const {
  ApiCall masked{call.action, {}, call.version};
  for (const auto& parameter : call.parameters) {
    masked.parameters.push_back(
        {parameter.name, parameter.secret != nullptr ? "***" : parameter.value});
  }
  SR_TRY(const auto body, form_body(masked.parameters));
  SR_TRY(auto head, signed_head(settings_, masked, make_stamp(clock_, random_), body));
  constexpr std::string_view kField = "Signature=";
  const auto signature = head.rfind(kField) + kField.size() + kShownSignature;
  head.replace(signature, head.find('\r', signature) - signature, "...");
  if (!settings_.security_token.empty()) {
    const auto token = head.find(settings_.security_token);
    head.replace(token, settings_.security_token.size(), "***");
  }
  return Preview{std::move(head), std::string(as_chars(ClientReveal::bytes(body)))};
}

}  // namespace strongroom::client
