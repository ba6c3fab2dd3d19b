#include "call_runner.h"

#include "operations.h"
#include "proto_answer.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/keys/blob.h"
#include "strongroom/wire_openapi/errors.h"

namespace strongroom::gateway_instance {
namespace {

constexpr std::string_view kMediaType = "application/x-protobuf";
constexpr std::int64_t kRetryAfterMillis = 1'000;
constexpr std::size_t kErrorTextBytesMax = 1'024;
constexpr int kTooLarge = 413;

struct CodeStatus {
  std::string_view code;
  int status;
};

// instance-protocol.md §1.4, where it differs from the shared gateway.
constexpr CodeStatus kStatuses[] = {
    {"InvalidApiName", 400},     {"InvalidApiVersion", 400},
    {"InvalidParam", 400},       {"RequestTimeTooSkewed", 400},
    {"SignatureNotMatch", 401},  {"Unauthorized", 404},
    {"InvalidContentType", 415}, {"Forbidden.OnlySymmetricKeySupported", 404},
};

int status_of(const Error& error) {
  for (const auto& entry : kStatuses) {
    if (entry.code == error.code()) return entry.status;
  }
  return wire_openapi::http_status_of(error.code(), error.kind());
}

// What the caller may see: our own defects and corrupt data are told apart in the log only, and the
// Instance API has one code for a key that is not there.
Error for_client(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kOutcomeUnknown:
      return Error(error.kind(), "ServiceUnavailableTemporary", "Service Unavailable Temporary.");
    case ErrorKind::kCorrupt:
    case ErrorKind::kInternal:
      return Error(error.kind(), "InternalFailure", "Internal Failure.");
    default:
      break;
  }
  if (error.code() == "Forbidden.KeyVersionNotFound" || error.code() == "Forbidden.AliasNotFound") {
    return Error(error.kind(), "Forbidden.KeyNotFound",
                 "The key Key ID or Alias does not exist in the system.");
  }
  return error;
}

struct ErrorText {
  int status;
  std::string_view code;
  std::string_view message;
};

/// A text may quote what the caller sent, of any length and bytes; but of an Error with a text that
/// is not UTF-8 readers of proto3 tell not even the code.
std::string readable(std::string_view text) {
  std::string out(text.substr(0, kErrorTextBytesMax));
  if (is_utf8(out)) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

void append_error(std::string& out, const ErrorText& error, std::string_view request_id) {
  const auto answer = make_proto_answer(error_fields(), out);
  answer->number("StatusCode", error.status);
  answer->field("ErrorCode", error.code);
  answer->field("ErrorMessage", readable(error.message));
  answer->field("RequestId", request_id);
}

bool names_version(std::string_view action) {
  return action != "GetSecretValue" && action != "GenerateRandom";
}

}  // namespace

Result<void> CallRunner::open(const Incoming& incoming) {
  if (used_) reset();
  used_ = true;
  host_ = incoming.request.header("host").value_or("");
  user_agent_ = incoming.request.header("user-agent").value_or("");
  const auto read = read_envelope(incoming.request, incoming.now, envelope_, parts_.window_ms);
  if (!incoming.principal) SR_CHECK_OK(authenticator_.admit(incoming.peer));
  SR_CHECK_OK(read);
  operation_ = find_operation(envelope_.api_name);
  SR_CHECK(operation_ != nullptr);
  return {};
}

std::expected<Finished, gateway::Continue> CallRunner::run_on_io(
    Incoming& incoming, barrier::CachedReader& reader, identity::PrincipalCache& principals) {
  if (const auto opened = open(incoming); !opened) {
    finish_error(incoming, opened.error());
    return finished_;
  }
  if (run(incoming, reader, &principals)) return finished_;
  if (incoming.principal) {
    if (const auto through = reader.through(); through && run(incoming, *through, &principals))
      return finished_;
  }
  const bool slow = operation_->effect == service::Effect::kSlowRead;
  return std::unexpected(slow ? gateway::Continue::kAsWork : gateway::Continue::kAsShortRead);
}

Finished CallRunner::run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) {
  if (const auto opened = open(incoming); !opened) {
    finish_error(incoming, opened.error());
    return finished_;
  }
  const auto reader = parts_.service.engines().store.reader();
  if (!reader) {
    finish_error(incoming, reader.error());
    return finished_;
  }
  const bool ended = run(incoming, **reader, nullptr);
  SR_CHECK(ended);
  read_set = (*reader)->take_read_set();
  return finished_;
}

bool CallRunner::run(Incoming& incoming, barrier::Reader& reader,
                     identity::PrincipalCache* principals) {
  if (!incoming.principal) {
    auto principal = authenticator_.authenticate(
        incoming.request, envelope_,
        {.reader = reader, .cache = principals, .now = incoming.now, .source = incoming.peer},
        claimed_);
    if (!principal) {
      if (principal.error().kind() == ErrorKind::kNotCached) return false;
      finish_error(incoming, principal.error());
      return true;
    }
    incoming.principal = std::move(*principal);
  }
  const std::optional<bool> admitted = admit(incoming, reader);
  if (!admitted.value_or(true)) return true;
  if (!admitted) return false;
  if (principals != nullptr && operation_->effect == service::Effect::kSlowRead) return false;
  return execute(incoming, reader);
}

// Counts a call once, when its principal is known. False: it ended; nothing: a worker must ask.
std::optional<bool> CallRunner::admit(Incoming& incoming, barrier::Reader& reader) {
  if (parts_.flow == nullptr || incoming.counted) return true;
  const std::optional<std::int64_t> wait = parts_.flow->take_at_instance(
      {parts_.account, parts_.instance_id, *incoming.principal, incoming.now},
      parts_.service.engines(), reader);
  if (!wait) return std::nullopt;
  incoming.counted = true;
  if (*wait == 0) return true;
  retry_after_ms_ = *wait;
  service::Outcome outcome;
  outcome.error = service::too_many_calls("Rejected.Throttling", *wait);
  finish(incoming, std::move(outcome));
  return false;
}

service::Request CallRunner::service_request(const Incoming& incoming) const {
  service::Request request = gateway::request_of(incoming);
  request.operation = operation_;
  request.parameters = &parameters_;
  request.host = host_;
  request.user_agent = user_agent_;
  request.gateway = parts_.instance_id;
  return request;
}

bool CallRunner::execute(const Incoming& incoming, barrier::Reader& reader) {
  service::Outcome outcome;
  if (const auto read = fields_.read(*envelope_.message, incoming.request.body); !read) {
    outcome.error = read.error();
    finish(incoming, std::move(outcome));
    return true;
  }
  if (!envelope_.migration_version.empty())
    fields_.add(kMigrationVersion, envelope_.migration_version);
  parameters_ = service::Parameters(fields_.sorted());
  buffer_.clear_body();
  const auto answer = make_proto_answer(envelope_.message->response, buffer_.body());
  outcome = parts_.service.read(service_request(incoming), reader, *answer);
  if (outcome.error && outcome.error->kind() == ErrorKind::kNotCached) {
    buffer_.clear_body();
    return false;
  }
  if (!outcome.error) answer->field("RequestId", incoming.request_id);
  finish(incoming, std::move(outcome));
  return true;
}

void CallRunner::finish(const Incoming& incoming, service::Outcome outcome) {
  outcome_.emplace(std::move(outcome));
  int status = 200;
  if (outcome_->error) {
    gateway::log_failure(incoming, operation_->name, *outcome_->error);
    outcome_->error = for_client(*outcome_->error);
    status = status_of(*outcome_->error);
  }
  record_ = service::audit_record(service_request(incoming), *outcome_, status,
                                  parts_.service.engines().region);
  finished_.record = &record_;
  finished_.operation = operation_;
  finished_.outcome = gateway::outcome_of(outcome_->error);
  finished_.close = !incoming.request.keep_alive;
  if (!outcome_->error) return write_success();
  write_refusal(incoming);
}

// Error with its status, and the hint that newer clients look for where they are throttled.
void CallRunner::write_refusal(const Incoming& incoming) {
  const Error& error = *outcome_->error;
  const int status = status_of(error);
  const std::string millis =
      std::to_string(retry_after_ms_ > 0 ? retry_after_ms_ : kRetryAfterMillis);
  const NameValue retry_after[] = {{"x-acs-retry-after", millis}};
  const bool throttled = error.code() == "Rejected.Throttling";
  buffer_.clear_body();
  append_error(buffer_.body(), {status, error.code(), error.message()}, incoming.request_id);
  finished_.bytes = buffer_.finish(
      status, kMediaType, std::span(retry_after).first(throttled ? 1 : 0), finished_.close);
}

void CallRunner::write_success() {
  const NameValue version[] = {{kMigrationVersion, outcome_->facts.version_id}};
  const bool tell = names_version(envelope_.api_name) &&
                    outcome_->facts.version_id.size() == keys::kVersionIdChars;
  finished_.bytes =
      buffer_.finish(200, kMediaType, std::span(version).first(tell ? 1 : 0), finished_.close);
}

// Before a principal is known.
void CallRunner::finish_error(const Incoming& incoming, const Error& error) {
  outcome_.emplace();
  gateway::log_failure(incoming, envelope_.api_name, error);
  outcome_->error = for_client(error);
  record_ = gateway::record_of_stranger(incoming, *outcome_->error, status_of(*outcome_->error),
                                        claimed_.get());
  record_.user_agent = user_agent_;
  record_.instance = parts_.instance_id;
  record_.service = kInstanceApi.product;
  record_.action = envelope_.api_name;
  record_.api_version = envelope_.api_version.substr(0, 16);
  record_.region = parts_.service.engines().region;
  record_.access_key_id = envelope_.client_key_id.substr(0, 64);
  finished_.record = &record_;
  finished_.operation = operation_;
  finished_.outcome = gateway::outcome_of(outcome_->error);
  finished_.close = !incoming.request.keep_alive;
  write_refusal(incoming);
}

Finished CallRunner::refuse(const Incoming& incoming, const Error& error) {
  if (operation_ == nullptr || !incoming.principal) {
    finish_error(incoming, error);
  } else {
    service::Outcome outcome;
    outcome.error = error;
    finish(incoming, std::move(outcome));
  }
  return finished_;
}

void CallRunner::reset() {
  buffer_.reset();
  envelope_ = {};
  fields_.clear();
  host_ = user_agent_ = {};
  operation_ = nullptr;
  parameters_ = service::Parameters({});
  claimed_ = nullptr;
  outcome_.reset();
  finished_ = {};
  retry_after_ms_ = 0;
  used_ = false;
}

void CallRunner::write_refused(const http::Refusal& refusal, std::string_view request_id,
                               http::AnswerBuffer& out) const {
  const std::string_view message = refusal.status == kTooLarge
                                       ? "The request body exceeds 3 MiB."  // no other is 413
                                       : std::string_view(refusal.message);
  append_error(out.body(), {refusal.status, "InvalidParameter", message}, request_id);
  out.finish(refusal.status, kMediaType, {}, true);
}

std::string_view CallRunner::write_unrecorded(std::string_view request_id,
                                              http::AnswerBuffer& out) const {
  constexpr ErrorText kTemporary{503, "ServiceUnavailableTemporary",
                                 "Service Unavailable Temporary."};
  append_error(out.body(), kTemporary, request_id);
  return out.finish(kTemporary.status, kMediaType, {}, false);
}

}  // namespace strongroom::gateway_instance
