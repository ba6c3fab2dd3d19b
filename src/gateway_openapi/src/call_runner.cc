#include "call_runner.h"

#include <algorithm>
#include <array>

#include "answer_json.h"
#include "answer_limit.h"
#include "answer_xml.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::gateway_openapi {
namespace {

constexpr std::int64_t kRetryAfterMillis = 1'000;

// What the caller may see of an error: our own defects and corrupt data are told apart in the log,
// not on the wire, and services other than KMS have their own names for the two general failures
// (gateway.md §1.7).
Error for_client(const Error& error, bool kms) {
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
      return Error(error.kind(), kms ? "ServiceUnavailableTemporary" : "ServiceUnavailable",
                   error.message());
    case ErrorKind::kOutcomeUnknown:
      return Error(ErrorKind::kUnavailable,
                   kms ? "ServiceUnavailableTemporary" : "ServiceUnavailable",
                   "It is not known whether the change was made. Read the resource, then decide "
                   "whether to repeat it.");
    case ErrorKind::kCorrupt:
    case ErrorKind::kInternal:
      return Error(error.kind(), kms ? "InternalFailure" : "InternalError",
                   "Internal Failure. The server's log tells the reason under this RequestId "
                   "(call_failed); its operator can look there.");
    default:
      return error;
  }
}

bool is_throttling(std::string_view code) {
  return code.find("Throttling") != std::string_view::npos;
}

// What an instance's own endpoint offers: all that works with keys and values but ReEncrypt.
constexpr std::string_view kBusinessActions[] = {"AsymmetricDecrypt",
                                                 "AsymmetricEncrypt",
                                                 "AsymmetricSign",
                                                 "AsymmetricVerify",
                                                 "BatchGetSecretValue",
                                                 "Decrypt",
                                                 "Encrypt",
                                                 "ExportDataKey",
                                                 "GenerateAndExportDataKey",
                                                 "GenerateDataKey",
                                                 "GenerateDataKeyWithoutPlaintext",
                                                 "GenerateMac",
                                                 "GetPublicKey",
                                                 "GetSecretValue",
                                                 "VerifyMac"};

bool is_offered(const service::Operation& operation, std::string_view endpoint) {
  if (endpoint == policy::kSharedScope) return true;
  return operation.api.version == service::kKms.version &&
         std::ranges::find(kBusinessActions, operation.name) != std::end(kBusinessActions);
}

// An answer that belongs to no call: always JSON.
std::string_view write_error(http::AnswerBuffer& out, const wire_openapi::ErrorAnswer& error,
                             bool close) {
  wire_openapi::append_error(out.body(), wire_openapi::Format::kJson, error);
  const NameValue fields[] = {{"x-acs-request-id", error.request_id}};
  return out.finish(error.status, wire_openapi::kJsonType, fields, close);
}

}  // namespace

bool CallRunner::decode(const Incoming& incoming) {
  if (used_) reset();
  used_ = true;
  const http::Request& request = incoming.request;
  host_ = request.header("host").value_or("");
  user_agent_ = request.header("user-agent").value_or("");
  const wire_openapi::RequestParts parts{.method = request.method,
                                         .path = request.path,
                                         .query = request.query,
                                         .headers = request.headers,
                                         .body = request.body};
  const Result<void> decoded = wire_openapi::decode(parts, arena_, call_);
  api_ = parts_.service.find_api(call_.version);
  operation_ = parts_.service.find(call_.version, call_.action);
  parameters_ = service::Parameters(call_.parameters);
  if (!decoded) {
    finish_error(incoming, decoded.error());
    return false;
  }
  if (operation_ == nullptr) {
    finish_error(incoming, Error(ErrorKind::kNotFound, "InvalidAction.NotFound",
                                 "Specified api is not found, please check your url and method."));
    return false;
  }
  if (!is_offered(*operation_, parts_.endpoint)) {
    finish_error(incoming,
                 Error(ErrorKind::kInvalidInput, "UnsupportedOperation",
                       "Rejected.UnsupportedOperation: the endpoint of a KMS instance serves the "
                       "use of keys and values. Call the shared endpoint for everything else."));
    return false;
  }
  decoded_ = incoming.request_id;
  return true;
}

Result<identity::PrincipalRef> CallRunner::authenticate(Incoming& incoming, barrier::Reader& reader,
                                                        identity::PrincipalCache* principals) {
  const identity::AuthenticationContext context{
      .reader = reader,
      .cache = principals,
      .now = incoming.now,
      .source_address = incoming.peer,
      .mutation = operation_->effect == service::Effect::kMutation,
      .claimed = &claimed_};
  if (operation_->anonymous && call_.scheme == wire_openapi::Scheme::kUnsigned) {
    return parts_.authenticator.admit_unsigned(context);
  }
  return parts_.authenticator.authenticate(call_, context);
}

std::expected<Finished, gateway::Continue> CallRunner::run_on_io(
    Incoming& incoming, barrier::CachedReader& reader, identity::PrincipalCache& principals) {
  if (is_log_call(incoming) || is_witness_call(incoming)) {
    return std::unexpected(gateway::Continue::kAsWork);
  }
  if (try_on_io(incoming, reader, principals)) return finished_;
  return std::unexpected(how_to_go_on());
}

bool CallRunner::try_on_io(Incoming& incoming, barrier::CachedReader& reader,
                           identity::PrincipalCache& principals) {
  if (!decode(incoming)) return true;
  expect_secret(reader, principals);
  auto principal = authenticate(incoming, reader, &principals);
  if (!principal) {
    if (principal.error().kind() == ErrorKind::kNotCached) return false;
    finish_error(incoming, principal.error());
    return true;
  }
  incoming.principal = std::move(*principal);
  const std::optional<bool> admitted = admit(incoming, reader);
  if (!admitted.value_or(true)) return true;
  if (!admitted) return false;
  const service::Effect effect = operation_->effect;
  if (effect == service::Effect::kMutation || effect == service::Effect::kSlowRead) return false;
  if (read(incoming, reader)) return true;
  const auto through = reader.through();
  return through && read(incoming, *through);
}

// Secrets are many and lie in far memory; all else that a read needs is near.
void CallRunner::expect_secret(const barrier::CachedReader& reader,
                               identity::PrincipalCache& principals) const {
  if (operation_->resource != service::ResourceKind::kSecret) return;
  const auto name = parameters_.find(operation_->resource_parameter);
  if (!name || name->size() > limits::kSecretNameCharsMax) return;
  const identity::CredentialRef claimed = principals.find(call_.access_key_id);
  if (!claimed) return;
  reader.expect({barrier::RecordType::kSecret, claimed->principal->account, *name});
}

// Counts a call once, when its principal is known.
std::optional<bool> CallRunner::admit(Incoming& incoming, barrier::Reader& reader) {
  if (parts_.flow == nullptr || incoming.counted) return true;
  const identity::Principal& principal = *incoming.principal;
  const std::optional<std::int64_t> wait =
      parts_.endpoint == policy::kSharedScope
          ? parts_.flow->take(*operation_, principal, incoming.now)
          : parts_.flow->take_at_instance(
                {parts_.instance_owner, parts_.endpoint, principal, incoming.now},
                parts_.service.engines(), reader);
  if (!wait) return std::nullopt;
  incoming.counted = true;
  if (*wait == 0) return true;
  retry_after_ms_ = *wait;
  const bool kms = api_ != nullptr && api_->prefix == service::kKms.prefix;
  end_with(incoming,
           service::too_many_calls(kms ? "Rejected.Throttling" : "Throttling.User", *wait));
  return false;
}

gateway::Continue CallRunner::how_to_go_on() const {
  if (operation_ == nullptr) return gateway::Continue::kAsWork;
  if (operation_->brief) return gateway::Continue::kAsShortWrite;
  return operation_->effect == service::Effect::kRead ||
                 operation_->effect == service::Effect::kValueRead
             ? gateway::Continue::kAsShortRead
             : gateway::Continue::kAsWork;
}

LogRunner& CallRunner::log_service() {
  if (!log_service_) log_service_ = std::make_unique<LogRunner>(parts_);
  return *log_service_;
}

Finished CallRunner::run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) {
  if (is_log_call(incoming)) return log_service().run(incoming);
  if (is_witness_call(incoming)) return cosign(incoming);
  if (!is_decoded(incoming) && !decode(incoming)) return finished_;
  const auto reader = parts_.service.engines().store.reader();
  if (!reader) {
    finish_error(incoming, reader.error());
    return finished_;
  }
  execute(incoming, **reader);
  read_set = (*reader)->take_read_set();
  return finished_;
}

// A brief mutation whose caller the I/O thread has admitted, at its first attempt. All others wait
// for their commit: of writers that meet a conflict and come back together, all but one of each
// group would meet the next.
std::optional<Finished> CallRunner::begin_on_worker(Incoming& incoming, barrier::ReadSet& read_set,
                                                    const OnCommit& on_commit) {
  if (attempt_ || !is_decoded(incoming) || !operation_->brief || !incoming.principal ||
      (parts_.flow != nullptr && !incoming.counted)) {
    return run_on_worker(incoming, read_set);
  }
  attempt_ = parts_.service.attempt(service_request(incoming), fresh_answer());
  // Not a member from here on: once submitted, another thread may have this call.
  const auto transaction = std::move(attempt_->transaction);
  if (!transaction) {
    finish(incoming, std::move(attempt_->outcome));
    return finished_;
  }
  transaction->submit(on_commit);
  return std::nullopt;
}

std::optional<Finished> CallRunner::end_commit(Incoming& incoming,
                                               const Result<store::Revision>& committed) {
  auto outcome = parts_.service.conclude(std::move(*attempt_), committed, 1);
  if (!outcome) return std::nullopt;
  finish(incoming, std::move(*outcome));
  return finished_;
}

void CallRunner::execute(Incoming& incoming, barrier::SnapshotReader& reader) {
  if (!incoming.principal) {
    auto principal = authenticate(incoming, reader, nullptr);
    if (!principal) return finish_error(incoming, principal.error());
    incoming.principal = std::move(*principal);
  }
  if (!admit(incoming, reader).value_or(true)) return;
  if (operation_->effect == service::Effect::kMutation) return mutate(incoming);
  const bool ended = read(incoming, reader);
  SR_CHECK(ended);
}

service::Request CallRunner::service_request(const Incoming& incoming) const {
  service::Request request = gateway::request_of(incoming);
  request.operation = operation_;
  request.parameters = &parameters_;
  request.host = host_;
  request.user_agent = user_agent_;
  request.gateway = parts_.endpoint;
  return request;
}

service::AnswerWriter& CallRunner::fresh_answer() {
  buffer_.clear_body();
  answer_ = call_.format == wire_openapi::Format::kXml
                ? make_xml_answer(buffer_.body(), call_.action)
                : make_json_answer(buffer_.body());
  return *answer_;
}

bool CallRunner::read(Incoming& incoming, barrier::Reader& reader) {
  service::Outcome outcome = parts_.service.read(service_request(incoming), reader, fresh_answer());
  if (outcome.error && outcome.error->kind() == ErrorKind::kNotCached) {
    buffer_.clear_body();
    return false;
  }
  if (!outcome.error && buffer_.overflowed()) outcome.error = answer_too_long();
  if (outcome.error && outcome.error->kind() == ErrorKind::kUnauthenticated) {
    parts_.authenticator.failed(incoming.peer);  // an unsigned call whose own token is wrong
  }
  finish(incoming, std::move(outcome));
  return true;
}

void CallRunner::mutate(Incoming& incoming) {
  finish(incoming,
         parts_.service.mutate(service_request(incoming),
                               [this]() -> service::AnswerWriter& { return fresh_answer(); }));
}

void CallRunner::finish(const Incoming& incoming, service::Outcome outcome) {
  const bool kms = api_ != nullptr && api_->prefix == service::kKms.prefix;
  int status = 200;
  outcome_.emplace(std::move(outcome));
  if (outcome_->error) {
    gateway::log_failure(incoming, operation_->name, *outcome_->error);
    outcome_->error = for_client(*outcome_->error, kms);
    status = wire_openapi::http_status_of(outcome_->error->code(), outcome_->error->kind());
  }
  record_ = service::audit_record(service_request(incoming), *outcome_, status,
                                  parts_.service.engines().region);
  finished_.record = outcome_->audit_committed ? nullptr : &record_;
  finished_.committed_leaf = outcome_->committed_leaf;
  for (const service::EntryFacts& entry : outcome_->entries) record_entry(entry);
  finished_.entries = entry_records_;
  write_answer(incoming, status, *outcome_);
}

void CallRunner::record_entry(const service::EntryFacts& entry) {
  audit::Record& record = entry_records_.emplace_back(service::entry_record(record_, entry));
  if (!entry.error) return;
  record.error_code = entry.error->code();
  record.status = wire_openapi::http_status_of(entry.error->code(), entry.error->kind());
}

// Before a principal or an operation is known.
void CallRunner::finish_error(const Incoming& incoming, const Error& error) {
  outcome_.emplace();
  gateway::log_failure(incoming, operation_ != nullptr ? operation_->name : "", error);
  outcome_->error = for_client(error, api_ == nullptr || api_->prefix == service::kKms.prefix);
  const int status = wire_openapi::http_status_of(outcome_->error->code(), outcome_->error->kind());
  record_ = gateway::record_of_stranger(incoming, *outcome_->error, status, claimed_.get());
  record_.user_agent = user_agent_;
  if (parts_.endpoint != policy::kSharedScope) record_.instance = parts_.endpoint;
  record_.service = product();
  record_.action = call_.action;
  record_.api_version = call_.version.substr(0, 16);
  record_.region = parts_.service.engines().region;
  record_.access_key_id = call_.access_key_id.substr(0, 64);
  finished_.record = &record_;
  write_answer(incoming, status, *outcome_);
}

Finished CallRunner::refuse(const Incoming& incoming, const Error& error) {
  if (is_log_call(incoming)) return log_service().refuse(incoming, error);
  end_with(incoming, error);
  return finished_;
}

void CallRunner::end_with(const Incoming& incoming, const Error& error) {
  if (operation_ == nullptr || !incoming.principal) return finish_error(incoming, error);
  service::Outcome outcome;
  outcome.error = error;
  finish(incoming, std::move(outcome));
}

void CallRunner::write_answer(const Incoming& incoming, int status,
                              const service::Outcome& outcome) {
  const bool xml = call_.format == wire_openapi::Format::kXml;
  std::array<NameValue, 2> fields{NameValue{"x-acs-request-id", incoming.request_id}, {}};
  std::size_t field_count = 1;
  std::string retry_after;
  if (outcome.error) {
    buffer_.clear_body();
    answer_.reset();
    wire_openapi::append_error(buffer_.body(), call_.format,
                               {.status = status,
                                .code = outcome.error->code(),
                                .message = outcome.error->message(),
                                .request_id = incoming.request_id,
                                .host_id = host_,
                                .product = product(),
                                .access_denied_detail_json = outcome.access_denied_detail});
    if (is_throttling(outcome.error->code())) {
      retry_after = std::to_string(retry_after_ms_ > 0 ? retry_after_ms_ : kRetryAfterMillis);
      fields[field_count++] = {"x-acs-retry-after", retry_after};
    }
  } else {
    answer_->field("RequestId", incoming.request_id);
    answer_->end_object();
  }
  finished_.operation = operation_;
  finished_.outcome = gateway::outcome_of(outcome.error);
  finished_.close = !incoming.request.keep_alive;
  finished_.bytes = buffer_.finish(status, xml ? wire_openapi::kXmlType : wire_openapi::kJsonType,
                                   std::span(fields).first(field_count), finished_.close);
}

void CallRunner::reset() {
  if (log_service_) log_service_->reset();
  answer_.reset();
  buffer_.reset();
  arena_.reset();
  call_ = {};
  decoded_.clear();
  attempt_.reset();
  host_ = user_agent_ = {};
  api_ = nullptr;
  operation_ = nullptr;
  parameters_ = service::Parameters({});
  entry_records_.clear();
  outcome_.reset();
  finished_ = {};
  claimed_ = nullptr;
  retry_after_ms_ = 0;
  used_ = false;
}

void CallRunner::write_refused(const http::Refusal& refusal, std::string_view request_id,
                               http::AnswerBuffer& out) const {
  write_error(out,
              {.status = refusal.status,
               .code = refusal.code,
               .message = refusal.message,
               .request_id = request_id,
               .host_id = "",
               .product = "Kms",
               .access_denied_detail_json = ""},
              true);
}

std::string_view CallRunner::write_unrecorded(std::string_view request_id,
                                              http::AnswerBuffer& out) const {
  return write_error(
      out,
      {.status = 503,
       .code = "ServiceUnavailableTemporary",
       .message = "No answer may leave: the audit record of this call could not be written, or "
                  "the call took too long. What it changes may have been changed. The operator "
                  "should check the disk of the audit log, and how busy the server is.",
       .request_id = request_id,
       .host_id = "",
       .product = "Kms",
       .access_denied_detail_json = ""},
      false);
}

gateway::RunnerFactory make_runners(const GatewayParts& parts) {
  return [parts] { return std::make_unique<CallRunner>(parts); };
}

}  // namespace strongroom::gateway_openapi
