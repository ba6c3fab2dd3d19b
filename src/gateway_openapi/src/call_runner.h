#pragma once
// One call from decoded bytes to finished answer, on whichever thread it runs. The I/O thread's
// handler owns one, each worker thread another; nothing here is shared. Purpose of the split: the
// steps are written once, and only the reader differs.

#include <memory>
#include <string>
#include <string_view>

#include "strongroom/gateway_openapi/gateway.h"
#include "strongroom/http/answer_buffer.h"
#include "strongroom/wire_openapi/call.h"
#include "strongroom/wire_openapi/errors.h"

namespace strongroom::gateway_openapi {

/// What must survive the hop from the I/O thread to a worker.
struct Incoming {
  http::Request request;  // views into the connection, valid until the exchange is answered
  std::string peer;
  std::string request_id;
  Instant now;
  bool secure_transport = true;
  identity::PrincipalRef
      principal;  // once authenticated: never verified (or its nonce taken) twice
};

/// A finished call. `bytes` points into the runner's buffer.
struct Finished {
  std::string_view bytes;
  bool close = false;
  bool record = true;  // false: the record is a row of the commit
};

class CallRunner {
 public:
  explicit CallRunner(const GatewayParts& parts) : parts_(parts) {}

  /// True if the call ended (see finished()); false if it needs a worker. Never touches storage.
  bool run_on_io(Incoming& incoming, barrier::CachedReader& reader,
                 identity::PrincipalCache& principals);
  /// After run_on_io() returned false: whether the call is a read that only missed the caches.
  bool is_short_read() const;
  /// Always ends. May block. Returns what it read, for the I/O thread's cache.
  barrier::ReadSet run_on_worker(Incoming& incoming);
  /// Ends the call with an error before or instead of running it (queue full, HTTP refusal).
  void refuse(const Incoming& incoming, const Error& error);

  const Finished& finished() const { return finished_; }
  /// Owned copy of the record of the finished call, ready for the audit writer.
  const audit::Record& record() const { return record_; }
  /// Wipes answer and decoded parameters.
  void reset();

 private:
  bool over_limit(const Incoming& incoming);
  bool decode(const Incoming& incoming);
  void execute(Incoming& incoming, barrier::SnapshotReader& reader);
  Result<identity::PrincipalRef> authenticate(Incoming& incoming, barrier::Reader& reader,
                                              identity::PrincipalCache* principals);
  bool read(Incoming& incoming, barrier::Reader& reader);
  void mutate(Incoming& incoming);
  service::Request service_request(const Incoming& incoming) const;
  service::AnswerWriter& fresh_answer();
  void finish(const Incoming& incoming, service::Outcome outcome);
  void finish_error(const Incoming& incoming, const Error& error);
  void write_answer(const Incoming& incoming, int status, const service::Outcome& outcome);
  std::string_view product() const { return api_ != nullptr ? api_->product : "Kms"; }

  GatewayParts parts_;
  wire_openapi::Arena arena_;
  http::AnswerBuffer buffer_;
  wire_openapi::Call call_;
  std::string_view host_;  // of the request's fields, as user_agent_
  std::string_view user_agent_;
  const service::ApiVersion* api_ = nullptr;
  const service::Operation* operation_ = nullptr;
  service::Parameters parameters_{{}};
  std::unique_ptr<service::AnswerWriter> answer_;
  service::Outcome outcome_;  // owns the strings record_ points to
  audit::Record record_;
  Finished finished_;
  std::int64_t retry_after_ms_ = 0;  // 0: the usual hint
};

}  // namespace strongroom::gateway_openapi
