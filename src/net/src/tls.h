#pragma once
// TLS over bytes in memory: the only users of libssl. A TlsContext holds a certificate and the
// settings; a TlsSession is one connection. Sessions of one I/O thread share its TlsPipe, so an
// idle connection holds no record buffer.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/net/server.h"
#include "ticket_keys.h"

struct ssl_st;
struct ssl_ctx_st;

namespace strongroom::net {

/// What was received and is not decrypted yet, and what is encrypted and not sent yet, of the
/// session being served.
struct TlsPipe {
  std::string_view in;
  std::string out;
};

class TlsContext {
 public:
  /// kInvalidInput if chain or key cannot be read, do not belong together or are too weak; the
  /// message says which. `ticket_keys` must outlive the context and all its sessions.
  static Result<std::shared_ptr<TlsContext>> make(const TlsIdentity& identity,
                                                  TicketKeys& ticket_keys);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  friend class NamedContexts;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

class NamedContexts final : public NamedIdentities {
 public:
  Result<void> set(const std::string& name, const TlsIdentity& identity) override;
  void remove(const std::string& name) override;
  /// Of a listener whose certificates these are. This and `ticket_keys` must outlive it and all
  /// its sessions.
  std::shared_ptr<TlsContext> context(TicketKeys& ticket_keys);
  /// Gives the session the certificate that it asks for; false if there is none.
  bool choose(ssl_st* session) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<TlsContext>, std::less<>> contexts_;  // guarded by mutex_
};

class TlsSession {
 public:
  /// The pipe must outlive the session. `context` may be replaced and released meanwhile.
  TlsSession(const TlsContext& context, TlsPipe& pipe);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Outcome : std::uint8_t { kDone, kNeedMore, kEnd, kFailed };

  /// Goes on with the handshake; what must be sent (also on failure: the alert) is in pipe.out.
  Outcome handshake();
  /// Decrypts from pipe.in. kDone with size > 0; kEnd after close_notify.
  Outcome read(std::span<char> into, std::size_t& size);
  /// The name that the client asked for, in lower case, after the handshake.
  std::string server_name() const;
  /// True if a read could yield something without more bytes from the peer.
  bool has_more() const;
  /// Encrypts into pipe.out, the first time with a session ticket in front. Only after the
  /// handshake. False if the session is broken.
  bool write(std::string_view plain);
  /// Gives back the record buffers (33 KiB) until they are needed again; wiped first.
  void release_buffers();
  /// close_notify into pipe.out.
  void shut_down();

 private:
  ssl_st* ssl_;
  TlsPipe& pipe_;
  bool ticket_sent_ = false;
};

}  // namespace strongroom::net
