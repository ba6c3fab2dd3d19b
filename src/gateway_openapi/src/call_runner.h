#pragma once
// One call of OpenAPI (gateway::CallRunner says how it is used). The steps are written once for I/O
// thread and worker, and only the reader differs.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log_runner.h"
#include "strongroom/gateway_openapi/gateway.h"
#include "strongroom/wire_openapi/call.h"
#include "strongroom/wire_openapi/errors.h"

namespace strongroom::gateway_openapi {

using gateway::Finished;
using gateway::Incoming;

class CallRunner final : public gateway::CallRunner {
 public:
  explicit CallRunner(const GatewayParts& parts) : parts_(parts) {}

  std::expected<Finished, gateway::Continue> run_on_io(
      Incoming& incoming, barrier::CachedReader& reader,
      identity::PrincipalCache& principals) override;
  Finished run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) override;
  std::optional<Finished> begin_on_worker(Incoming& incoming, barrier::ReadSet& read_set,
                                          const OnCommit& on_commit) override;
  std::optional<Finished> end_commit(Incoming& incoming,
                                     const Result<store::Revision>& committed) override;
  Finished refuse(const Incoming& incoming, const Error& error) override;
  /// Wipes answer and decoded parameters.
  void reset() override;
  void write_refused(const http::Refusal& refusal, std::string_view request_id,
                     http::AnswerBuffer& out) const override;
  std::string_view write_unrecorded(std::string_view request_id,
                                    http::AnswerBuffer& out) const override;

 private:
  /// Whether the call ended; else it needs a worker.
  bool try_on_io(Incoming& incoming, barrier::CachedReader& reader,
                 identity::PrincipalCache& principals);
  void expect_secret(const barrier::CachedReader& reader,
                     identity::PrincipalCache& principals) const;
  gateway::Continue how_to_go_on() const;
  /// Whether the call may go on as far as limits of calls a second are concerned; if not, it ended.
  /// Nothing: a worker must ask again.
  std::optional<bool> admit(Incoming& incoming, barrier::Reader& reader);
  bool decode(const Incoming& incoming);
  bool is_decoded(const Incoming& incoming) const { return decoded_ == incoming.request_id; }
  void execute(Incoming& incoming, barrier::SnapshotReader& reader);
  Result<identity::PrincipalRef> authenticate(Incoming& incoming, barrier::Reader& reader,
                                              identity::PrincipalCache* principals);
  bool read(Incoming& incoming, barrier::Reader& reader);
  void mutate(Incoming& incoming);
  service::Request service_request(const Incoming& incoming) const;
  service::AnswerWriter& fresh_answer();
  void finish(const Incoming& incoming, service::Outcome outcome);
  void record_entry(const service::EntryFacts& entry);
  void finish_error(const Incoming& incoming, const Error& error);
  void write_answer(const Incoming& incoming, int status, const service::Outcome& outcome);
  LogRunner& log_service();
  /// Told by its path, on the shared endpoint alone.
  bool is_log_call(const Incoming& incoming) const {
    return parts_.endpoint == policy::kSharedScope && wire_sls::is_log_path(incoming.request.path);
  }
  bool is_witness_call(const Incoming& incoming) const {
    return parts_.witness != nullptr && parts_.endpoint == policy::kSharedScope &&
           incoming.request.path == kWitnessPath;
  }
  Finished cosign(const Incoming& incoming);
  void end_with(const Incoming& incoming, const Error& error);
  std::string_view product() const { return api_ != nullptr ? api_->product : "Kms"; }

  GatewayParts parts_;
  wire_openapi::Arena arena_;
  http::AnswerBuffer buffer_;
  wire_openapi::Call call_;
  bool used_ = false;                                 // since the last reset()
  std::string decoded_;                               // the id of the request that was decoded last
  std::optional<service::Service::Attempt> attempt_;  // a mutation's first, whose commit is awaited
  std::string_view host_;                             // of the request's fields, as user_agent_
  std::string_view user_agent_;
  const service::ApiVersion* api_ = nullptr;
  const service::Operation* operation_ = nullptr;
  service::Parameters parameters_{{}};
  std::unique_ptr<service::AnswerWriter> answer_;
  std::optional<service::Outcome> outcome_;  // owns the strings record_ points to
  audit::Record record_;
  std::vector<audit::Record> entry_records_;
  Finished finished_;
  identity::CredentialRef claimed_;         // the client key that a refused call named
  std::int64_t retry_after_ms_ = 0;         // 0: the usual hint
  std::unique_ptr<LogRunner> log_service_;  // made when first asked for
};

}  // namespace strongroom::gateway_openapi
