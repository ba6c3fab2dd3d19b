#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "strongroom/base/check.h"

namespace strongroom::net {
namespace {

constexpr int kBacklog = 1024;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_UNSPEC;
};

Result<Address> parse(const std::string& text, std::uint16_t port) {
  Address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    out.family = v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof *v4;
    return out;
  }
  out.storage = {};
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    out.family = v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.size = sizeof *v6;
    return out;
  }
  return fail(ErrorKind::kInvalidInput, "InvalidListenAddress",
              "'" + text + "' is not an IPv4 or IPv6 address; a listener needs a literal address.");
}

std::unexpected<Error> socket_error(const char* step, const std::string& address,
                                    std::uint16_t port) {
  const int why = errno;
  return fail(ErrorKind::kUnavailable, "ListenFailed",
              std::string(step) + " " + address + " port " + std::to_string(port) + ": " +
                  std::strerror(why));
}

Result<Descriptor> bound(const std::string& address, std::uint16_t port, bool shared) {
  SR_TRY(const Address to, parse(address, port));
  Descriptor fd(::socket(to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return socket_error("cannot make a socket for", address, port);
  const int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (shared && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0) {
    return socket_error("cannot bind", address, port);
  }
  return fd;
}

void describe_v4(const in_addr& address, RemoteAddress& remote) {
  inet_ntop(AF_INET, &address, remote.text.data(), remote.text.size());
  remote.key[10] = remote.key[11] = 0xFF;
  std::memcpy(remote.key.data() + 12, &address, 4);
}

void describe(const sockaddr_storage& storage, RemoteAddress& remote) {
  remote = {};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    remote.port = ntohs(v4.sin_port);
    describe_v4(v4.sin_addr, remote);
    return;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  remote.port = ntohs(v6.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    in_addr v4;
    std::memcpy(&v4, v6.sin6_addr.s6_addr + 12, sizeof v4);
    describe_v4(v4, remote);
    return;
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, remote.text.data(), remote.text.size());
  std::memcpy(remote.key.data(), v6.sin6_addr.s6_addr, 8);
}

sockaddr_storage local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  SR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0);
  return storage;
}

bool same(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET) {
    const auto& first = reinterpret_cast<const sockaddr_in&>(a);
    const auto& second = reinterpret_cast<const sockaddr_in&>(b);
    return first.sin_port == second.sin_port && first.sin_addr.s_addr == second.sin_addr.s_addr;
  }
  const auto& first = reinterpret_cast<const sockaddr_in6&>(a);
  const auto& second = reinterpret_cast<const sockaddr_in6&>(b);
  return first.sin6_port == second.sin6_port &&
         IN6_ARE_ADDR_EQUAL(&first.sin6_addr, &second.sin6_addr);
}

}  // namespace

Result<void> check_bindable(const std::string& address, std::uint16_t port) {
  SR_CHECK_OK(bound(address, port, false));
  return {};
}

Result<Descriptor> listen_on(const std::string& address, std::uint16_t port) {
  SR_TRY(Descriptor fd, bound(address, port, true));
  const int on = 1;
  // Accepted connections inherit it.
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::listen(fd.get(), kBacklog) != 0) return socket_error("cannot listen on", address, port);
  return fd;
}

std::uint16_t local_port(int fd) {
  RemoteAddress own;
  describe(local_address(fd), own);
  return own.port;
}

Result<void> make_acceptor(int fd) {
  int type = 0;
  int listening = 0;
  socklen_t size = sizeof type;
  const bool stream = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
  size = sizeof listening;
  const bool listens =
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
  if (!stream || !listens || local_address(fd).ss_family == AF_UNIX) {
    return fail(ErrorKind::kInvalidInput, "NotListening",
                "descriptor " + std::to_string(fd) + " is not a listening TCP socket.");
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return fail(ErrorKind::kUnavailable, "ListenFailed",
                "descriptor " + std::to_string(fd) + ": " + std::strerror(errno));
  }
  return {};
}

bool is_bound_to(int fd, const std::string& address, std::uint16_t port) {
  const auto wanted = parse(address, port);
  return wanted && port != 0 && same(wanted->storage, local_address(fd));
}

bool same_address(int first, int second) {
  return same(local_address(first), local_address(second));
}

AcceptOutcome accept_one(int listener, Descriptor& connection, RemoteAddress& remote) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  connection = Descriptor(accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection) {
    const bool full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return full ? AcceptOutcome::kNoDescriptors : AcceptOutcome::kNothing;
  }
  describe(storage, remote);
  return AcceptOutcome::kAccepted;
}

IoOutcome receive(int fd, std::span<char> into, std::size_t& size) {
  const ssize_t got = ::recv(fd, into.data(), into.size(), 0);
  size = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got > 0) return IoOutcome::kDone;
  if (got == 0) return IoOutcome::kEnd;
  return errno == EAGAIN || errno == EINTR ? IoOutcome::kWouldBlock : IoOutcome::kFailed;
}

IoOutcome send_bytes(int fd, std::string_view bytes, std::size_t& sent) {
  sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
    } else if (errno != EINTR) {
      return errno == EAGAIN ? IoOutcome::kWouldBlock : IoOutcome::kFailed;
    }
  }
  return IoOutcome::kDone;
}

}  // namespace strongroom::net
