#pragma once
// Sockets that listen on one address, apart from the server that accepts from them: a connection
// that nobody accepts yet waits in them while one server ends and the next one starts, also in
// another process. Immutable once made; any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::net {

class ListeningSockets {
 public:
  /// Binds and listens with `count` sockets that share the port (SO_REUSEPORT); port 0: the kernel
  /// chooses. kInvalidInput if `address` is no literal address, kUnavailable if the port is taken.
  static Result<std::shared_ptr<const ListeningSockets>> open(const std::string& address,
                                                              std::uint16_t port,
                                                              std::size_t count);
  /// Takes over descriptors that another process opened: they are closed with what is returned, or
  /// at once on an error. One element for each address. kInvalidInput if one is no listening TCP
  /// socket.
  static Result<std::vector<std::shared_ptr<const ListeningSockets>>> adopt(
      const std::vector<int>& descriptors);

  ListeningSockets() = default;
  ~ListeningSockets();
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  /// False for port 0 and for what is no literal address.
  bool are_at(const std::string& address, std::uint16_t port) const;
  std::uint16_t port() const;
  /// At least one; they stay this object's.
  const std::vector<int>& descriptors() const { return descriptors_; }

 private:
  std::vector<int> descriptors_;
};

}  // namespace strongroom::net
