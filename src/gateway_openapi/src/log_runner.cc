#include "log_runner.h"

#include <vector>

#include "answer_json.h"
#include "answer_limit.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/md5.h"

namespace strongroom::gateway_openapi {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kData = "\"data\":";

wire_sls::RequestParts parts_of(const http::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .query = request.query,
          .headers = request.headers,
          .body = request.body};
}

std::string sha256_hex(std::string_view text) {
  return hex_encode(crypto::sha256(as_bytes(text)));
}

/// What was signed is the body's digest.
Result<void> check_body(const wire_sls::Signature& signature, std::string_view body) {
  const auto differs = [](std::string_view digest, std::string_view field) {
    return fail(ErrorKind::kUnauthenticated, "SignatureDoesNotMatch",
                "The body does not have the " + std::string(digest) + " of the " +
                    std::string(field) + " header.");
  };
  if (!signature.canonical_request.empty()) {
    if (sha256_hex(body) == signature.content_sha256) return {};
    return differs("SHA-256", "x-log-content-sha256");
  }
  if (body.empty() || crypto::md5_hex(as_bytes(body)) == signature.content_md5) return {};
  return differs("MD5", "Content-MD5");
}

/// The log service's names for what the gateway of OpenAPI calls otherwise (gateway.md §7.3).
Error for_log_client(const Error& error) {
  const std::string& code = error.code();
  if (code.starts_with("InvalidAccessKeyId") || code.starts_with("InvalidSecurityToken") ||
      code == "MissingSecurityToken") {
    return Error(ErrorKind::kUnauthenticated, "Unauthorized", error.message());
  }
  if (code == "SignatureDoesNotMatch")
    return Error(ErrorKind::kUnauthenticated, "SignatureNotMatch", error.message());
  if (code == "InvalidTimeStamp.Expired")
    return Error(ErrorKind::kInvalidInput, "RequestTimeTooSkewed", error.message());
  switch (error.kind()) {
    case ErrorKind::kDenied:
      return Error(error.kind(), "Unauthorized", "denied by sts or ram, action: GetLogStoreLogs");
    case ErrorKind::kExhausted:
      return Error(error.kind(), "ReadQuotaExceed", error.message());
    case ErrorKind::kUnavailable:
    case ErrorKind::kOutcomeUnknown:
      return Error(ErrorKind::kUnavailable, "ServerBusy", error.message());
    case ErrorKind::kCorrupt:
    case ErrorKind::kInternal:
      return Error(error.kind(), "InternalServerError", "Internal Failure");
    case ErrorKind::kInvalidInput:
      return Error(error.kind(), "ParameterInvalid", error.message());
    default:
      return error;
  }
}

}  // namespace

Finished LogRunner::run(const Incoming& incoming) {
  reset();
  if (const auto answered = answer(incoming); !answered) return refuse(incoming, answered.error());
  return finished_;
}

Result<void> LogRunner::answer(const Incoming& incoming) {
  const wire_sls::RequestParts parts = parts_of(incoming.request);
  SR_TRY(const wire_sls::Signature signature, wire_sls::read_signature(parts));
  access_key_id_ = signature.access_key_id;
  SR_TRY(const auto reader, parts_.service.engines().store.reader());
  std::vector<std::string> texts = {signature.text, signature.text_without_date};
  if (!signature.canonical_request.empty())
    texts = {signature.text + sha256_hex(signature.canonical_request)};
  SR_TRY(principal_,
         parts_.authenticator.authenticate_text({.access_key_id = signature.access_key_id,
                                                 .security_token = signature.security_token,
                                                 .tag = signature.tag,
                                                 .sha256 = signature.sha256,
                                                 .texts = texts,
                                                 .signed_at = signature.signed_at,
                                                 .key_prefix = wire_sls::kKeyPrefix,
                                                 .key_path = signature.key_path},
                                                {.reader = *reader,
                                                 .cache = nullptr,
                                                 .now = incoming.now,
                                                 .source_address = incoming.peer,
                                                 .mutation = false}));
  SR_CHECK_OK(check_body(signature, parts.body));
  SR_TRY(const wire_sls::GetLogs asked, wire_sls::read_get_logs(parts));
  execute(incoming, asked, *reader);
  return {};
}

void LogRunner::execute(const Incoming& incoming, const wire_sls::GetLogs& asked,
                        barrier::Reader& reader) {
  const std::string from = std::to_string(asked.from.unix_seconds());
  const std::string to = std::to_string(asked.to.unix_seconds());
  const std::string line = std::to_string(asked.line);
  const std::string offset = std::to_string(asked.offset);
  const NameValue given[] = {
      {"From", from},     {"Line", line},         {"Logstore", asked.logstore},
      {"Offset", offset}, {"Query", asked.query}, {"Reverse", asked.reverse ? "true" : "false"},
      {"To", to}};
  const service::Parameters parameters(given);
  const service::Request request{.operation = parts_.service.find(service::kSls.version, "GetLogs"),
                                 .principal = principal_.get(),
                                 .parameters = &parameters,
                                 .host = "",
                                 .request_id = incoming.request_id,
                                 .source_ip = incoming.peer,
                                 .user_agent = incoming.request.header("user-agent").value_or(""),
                                 .now = incoming.now,
                                 .secure_transport = incoming.secure_transport,
                                 .started_ns = incoming.started_ns};
  const auto answer = make_json_answer(buffer_.body());
  outcome_ = parts_.service.read(request, reader, *answer);
  if (!outcome_.error && buffer_.overflowed()) outcome_.error = answer_too_long();
  int status = 200;
  if (outcome_.error) {
    outcome_.error = for_log_client(*outcome_.error);
    status = wire_sls::status_of(*outcome_.error);
  } else {
    answer->end_object();
  }
  record_ = service::audit_record(request, outcome_, status, parts_.service.engines().region);
  finished_.close = !incoming.request.keep_alive;
  write(incoming, asked.second_form);
}

// Both forms are cut from {"count":…,"progress":…,"processedRows":…,"data":[…]}.
void LogRunner::write(const Incoming& incoming, bool second_form) {
  finished_.record = &record_;
  finished_.operation = parts_.service.find(service::kSls.version, "GetLogs");
  finished_.outcome = gateway::outcome_of(outcome_.error);
  std::string& body = buffer_.body();
  const std::size_t begin = http::AnswerBuffer::body_begin();
  if (outcome_.error) {
    const std::string error = wire_sls::error_body(*outcome_.error);
    buffer_.clear_body();
    body.append(error);
    const NameValue fields[] = {{"x-log-requestid", incoming.request_id}};
    finished_.bytes =
        buffer_.finish(wire_sls::status_of(*outcome_.error), kJson, fields, finished_.close);
    return;
  }
  const std::string_view whole = std::string_view(body).substr(begin);
  const std::size_t data = whole.find(kData);
  const std::string meta(whole.substr(0, data - 1));  // without the comma
  const auto number = [&meta](std::string_view name) {
    const std::size_t at = meta.find(name) + name.size();
    return meta.substr(at, meta.find_first_not_of("0123456789", at) - at);
  };
  const std::string count = number("\"count\":");
  const std::string rows = number("\"processedRows\":");
  const bool complete = meta.contains("\"progress\":\"Complete\"");
  std::string list(whole.substr(data + kData.size()));
  list.pop_back();  // the object's brace
  buffer_.clear_body();
  if (second_form) {
    body.append("{\"meta\":").append(meta).append("},").append(kData).append(list).append("}");
  } else {
    body.append(list);
  }
  const NameValue fields[] = {{"x-log-requestid", incoming.request_id},
                              {"x-log-progress", complete ? "Complete" : "Incomplete"},
                              {"x-log-count", count},
                              {"x-log-processed-rows", rows},
                              {"x-log-elapsed-millisecond", "0"}};
  finished_.bytes = buffer_.finish(200, kJson, fields, finished_.close);
}

Finished LogRunner::refuse(const Incoming& incoming, const Error& error) {
  outcome_ = {};
  outcome_.error = for_log_client(error);
  record_ = gateway::record_of_stranger(incoming, *outcome_.error,
                                        wire_sls::status_of(*outcome_.error), nullptr);
  record_.user_agent = incoming.request.header("user-agent").value_or("");
  record_.service = service::kSls.product;
  record_.action = "GetLogs";
  record_.api_version = service::kSls.version;
  record_.region = parts_.service.engines().region;
  record_.access_key_id = access_key_id_;
  finished_.close = !incoming.request.keep_alive;
  write(incoming, false);
  return finished_;
}

void LogRunner::reset() {
  buffer_.reset();
  access_key_id_.clear();
  principal_.reset();
  outcome_ = {};
  record_ = {};
  finished_ = {};
}

}  // namespace strongroom::gateway_openapi
