#pragma once
// One call from received bytes to finished answer, on whichever thread it runs. The I/O thread's
// handler owns one, each worker thread another; nothing here is shared.

#include <memory>
#include <string>
#include <string_view>

#include "client_authenticator.h"
#include "strongroom/gateway_instance/gateway.h"
#include "strongroom/http/answer_buffer.h"

namespace strongroom::gateway_instance {

/// What must survive the hop from the I/O thread to a worker.
struct Incoming {
  http::Request request;  // views into the connection, valid until the exchange is answered
  std::string peer;
  std::string request_id;
  Instant now;
  bool secure_transport = true;
  identity::PrincipalRef principal;  // once authenticated
};

/// A finished call. `bytes` points into the runner's buffer.
struct Finished {
  std::string_view bytes;
  bool close = false;
};

/// The answer of a refusal: Error with its status.
std::string_view write_error(http::AnswerBuffer& out, const Error& error,
                             std::string_view request_id, bool close);
/// The same for a message that HTTP refused, with its own status; the connection is closed.
void write_refusal(http::AnswerBuffer& out, const http::Refusal& refusal,
                   std::string_view request_id);

class CallRunner {
 public:
  explicit CallRunner(const GatewayParts& parts)
      : parts_(parts), authenticator_(parts.access_points, parts.sources, *parts.replays) {}

  /// True if the call ended (see finished()); false if it needs a worker. Never touches storage.
  bool run_on_io(Incoming& incoming, barrier::CachedReader& reader,
                 identity::PrincipalCache& principals);
  /// After run_on_io() returned false: whether the call is a read that only missed the caches.
  bool is_short_read() const;
  /// Always ends. May block. Returns what it read, for the I/O thread's cache.
  barrier::ReadSet run_on_worker(Incoming& incoming);
  /// Ends the call with an error before or instead of running it.
  void refuse(const Incoming& incoming, const Error& error);

  const Finished& finished() const { return finished_; }
  const audit::Record& record() const { return record_; }
  /// Wipes the answer and forgets the call.
  void reset();

 private:
  Result<void> open(const Incoming& incoming);
  bool run(Incoming& incoming, barrier::Reader& reader, identity::PrincipalCache* principals);
  service::Request service_request(const Incoming& incoming) const;
  bool execute(const Incoming& incoming, barrier::Reader& reader);
  void finish(const Incoming& incoming, service::Outcome outcome);
  void finish_error(const Incoming& incoming, const Error& error);
  void write_success(const Incoming& incoming);

  const GatewayParts& parts_;
  ClientAuthenticator authenticator_;
  http::AnswerBuffer buffer_;
  Envelope envelope_;
  RequestFields fields_;
  std::string_view host_;
  std::string_view user_agent_;
  const service::Operation* operation_ = nullptr;
  service::Parameters parameters_{{}};
  service::Outcome outcome_;  // owns the strings record_ points to
  audit::Record record_;
  Finished finished_;
};

}  // namespace strongroom::gateway_instance
