#pragma once
// One call of the Instance API; gateway::CallRunner says how it is used.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client_authenticator.h"
#include "strongroom/gateway_instance/gateway.h"

namespace strongroom::gateway_instance {

using gateway::Finished;
using gateway::Incoming;

class CallRunner final : public gateway::CallRunner {
 public:
  explicit CallRunner(const GatewayParts& parts)
      : parts_(parts),
        authenticator_(parts_.access_points, parts_.sources, *parts_.replays, parts_.account) {}

  std::expected<Finished, gateway::Continue> run_on_io(
      Incoming& incoming, barrier::CachedReader& reader,
      identity::PrincipalCache& principals) override;
  Finished run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) override;
  Finished refuse(const Incoming& incoming, const Error& error) override;
  void reset() override;
  /// The status stays HTTP's own (413 for a body that is too large).
  void write_refused(const http::Refusal& refusal, std::string_view request_id,
                     http::AnswerBuffer& out) const override;
  std::string_view write_unrecorded(std::string_view request_id,
                                    http::AnswerBuffer& out) const override;

 private:
  Result<void> open(const Incoming& incoming);
  bool run(Incoming& incoming, barrier::Reader& reader, identity::PrincipalCache* principals);
  std::optional<bool> admit(Incoming& incoming, barrier::Reader& reader);
  service::Request service_request(const Incoming& incoming) const;
  bool execute(const Incoming& incoming, barrier::Reader& reader);
  void finish(const Incoming& incoming, service::Outcome outcome);
  void finish_error(const Incoming& incoming, const Error& error);
  void write_success();
  void write_refusal(const Incoming& incoming);

  const GatewayParts parts_;
  ClientAuthenticator authenticator_;
  http::AnswerBuffer buffer_;
  bool used_ = false;  // since the last reset()
  Envelope envelope_;
  RequestFields fields_;
  std::string_view host_;
  std::string_view user_agent_;
  const service::Operation* operation_ = nullptr;
  service::Parameters parameters_{{}};
  identity::CredentialRef claimed_;          // the client key that the call names, if it is there
  std::optional<service::Outcome> outcome_;  // owns the strings record_ points to
  audit::Record record_;
  Finished finished_;
  std::int64_t retry_after_ms_ = 0;  // 0: the usual hint
};

}  // namespace strongroom::gateway_instance
