#pragma once
// Which addresses a tenant may make the server connect to. Pure.

#include <sys/socket.h>

namespace strongroom::dial {

/// False for what RFC 6890 keeps from the public: this host and network, loopback, private, shared
/// (100.64.0.0/10, where clouds put their metadata service), link-local, benchmarking, reserved and
/// multicast; for IPv6 also unique-local, documentation, and every form that carries such a v4
/// address.
bool is_public_address(const sockaddr& address);

}  // namespace strongroom::dial
