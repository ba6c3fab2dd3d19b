#pragma once
// A runner that passes each call to another one, which it chooses when the call begins.

#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway_instance {

class ForwardingRunner : public gateway::CallRunner {
 public:
  std::expected<gateway::Finished, gateway::Continue> run_on_io(
      gateway::Incoming& incoming, barrier::CachedReader& reader,
      identity::PrincipalCache& principals) final {
    present_ = &choose(incoming);
    return present_->run_on_io(incoming, reader, principals);
  }
  gateway::Finished run_on_worker(gateway::Incoming& incoming, barrier::ReadSet& read_set) final {
    present_ = &choose(incoming);
    return present_->run_on_worker(incoming, read_set);
  }
  std::optional<gateway::Finished> begin_on_worker(gateway::Incoming& incoming,
                                                   barrier::ReadSet& read_set,
                                                   const OnCommit& on_commit) final {
    present_ = &choose(incoming);
    return present_->begin_on_worker(incoming, read_set, on_commit);
  }
  std::optional<gateway::Finished> end_commit(gateway::Incoming& incoming,
                                              const Result<store::Revision>& committed) final {
    return present_->end_commit(incoming, committed);
  }
  gateway::Finished refuse(const gateway::Incoming& incoming, const Error& error) final {
    return present_->refuse(incoming, error);
  }
  void reset() final { present_->reset(); }
  void write_refused(const http::Refusal& refusal, std::string_view request_id,
                     http::AnswerBuffer& out) const final {
    plain_.write_refused(refusal, request_id, out);
  }
  std::string_view write_unrecorded(std::string_view request_id,
                                    http::AnswerBuffer& out) const final {
    return plain_.write_unrecorded(request_id, out);
  }

 protected:
  /// `plain` answers what is no request yet, and lives as long as this.
  explicit ForwardingRunner(gateway::CallRunner& plain) : plain_(plain), present_(&plain) {}
  virtual gateway::CallRunner& choose(gateway::Incoming& incoming) = 0;

 private:
  gateway::CallRunner& plain_;
  gateway::CallRunner* present_;  // of the call that is running
};

}  // namespace strongroom::gateway_instance
