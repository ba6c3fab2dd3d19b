#pragma once
// Addresses and sockets: bind, accept, receive, send. Thin over the kernel; no policy.

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::net {

/// What connections are counted by: an IPv4 address, or the /64 of an IPv6 address.
using AddressKey = std::array<std::uint8_t, 16>;

struct RemoteAddress {
  std::array<char, 46> text{};  // zero-terminated
  AddressKey key{};
  std::uint16_t port = 0;
};

/// True if this process may bind the address and nobody listens there (SO_REUSEPORT would share the
/// port silently). kInvalidInput if it is no literal address, kUnavailable if the port is taken.
Result<void> check_bindable(const std::string& address, std::uint16_t port);

/// A non-blocking listening socket with SO_REUSEPORT. Errors as above.
Result<Descriptor> listen_on(const std::string& address, std::uint16_t port);
std::uint16_t local_port(int fd);
/// Readies a listening TCP socket that somebody else opened. kInvalidInput if it is none.
Result<void> make_acceptor(int fd);
/// False for port 0 and for what is no literal address.
bool is_bound_to(int fd, const std::string& address, std::uint16_t port);
bool same_address(int first, int second);

enum class AcceptOutcome : std::uint8_t { kAccepted, kNothing, kNoDescriptors };
AcceptOutcome accept_one(int listener, Descriptor& connection, RemoteAddress& remote);

enum class IoOutcome : std::uint8_t { kDone, kWouldBlock, kEnd, kFailed };
/// kDone with size > 0; kEnd if the peer closed its side.
IoOutcome receive(int fd, std::span<char> into, std::size_t& size);
/// kDone if all was sent, kWouldBlock if only `sent` bytes were.
IoOutcome send_bytes(int fd, std::string_view bytes, std::size_t& sent);

}  // namespace strongroom::net
