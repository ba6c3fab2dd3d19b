#pragma once
// The listening sockets of this process. They outlive the server that accepts from them: while one
// server ends and the next one starts, here or in another process, connections wait in them and
// none is refused. Belongs to one thread.

#include <cstddef>
#include <memory>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/net/listening_sockets.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

class SocketKeeper {
 public:
  /// Takes over descriptors that another process opened. kInvalidInput if one is no listening TCP
  /// socket; all are closed then.
  Result<void> adopt(const std::vector<int>& descriptors);
  /// Those that systemd passed to this process (sd_listen_fds(3)); none if it passed none.
  Result<void> adopt_activated();

  /// The sockets there: adopted or opened before, or `count` new ones. Errors as
  /// net::ListeningSockets::open.
  Result<std::shared_ptr<const net::ListeningSockets>> at(const Address& address,
                                                          std::size_t count);
  /// Closes what was adopted and nobody asked for: clients would wait there for ever.
  void close_unused();

  /// True if somebody else holds the sockets too, so that they go on listening without this
  /// process.
  bool shared() const { return activated_; }
  /// Of everything that is in use. They stay this object's.
  std::vector<int> descriptors() const;

 private:
  struct Kept {
    std::shared_ptr<const net::ListeningSockets> sockets;
    bool used = false;
  };
  std::vector<Kept> kept_;
  bool activated_ = false;
};

}  // namespace strongroom::server
