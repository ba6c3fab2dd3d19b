#pragma once
// The typed values of conditions: numbers, times, networks (gateway.md §6.2). Pure, thread-safe.
// Parsing allocates nothing.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/time.h"

namespace strongroom::policy {

/// A decimal number: sign, digits, fraction; at most 32 characters.
std::optional<double> parse_number(std::string_view text);

/// ISO 8601 with a zone: 2026-11-22T01:02Z, …T01:02:03Z, …T01:02:03.456Z, …T09:02:03+08:00.
std::optional<Instant> parse_time(std::string_view text);

/// "true" or "false" in any case.
std::optional<bool> parse_bool(std::string_view text);

/// IPv6 bytes; IPv4 is kept in its mapped form, so that both spellings of one address are equal.
using Address = std::array<std::uint8_t, 16>;
std::optional<Address> parse_address(std::string_view text);
/// Dotted decimal for mapped IPv4, RFC 5952 for the rest. Allocates.
std::string format_address(const Address& address);

/// An address and how many of its first bits count.
struct Network {
  Address address{};
  unsigned bits = 128;
  /// An IPv4 address is in networks of IPv4 addresses alone ("::ffff:0:0/96" is one), never in a
  /// wider one of IPv6.
  bool holds(const Address& other) const;
  /// The lowest address in it.
  Address first() const;
  /// The address after its highest; nothing at the end of the address space.
  std::optional<Address> after() const;
};
/// "10.0.0.0/8", "2001:db8::/32", or a single address. Bits beyond the prefix do not count. Zeros
/// before the prefix are read over: what is stored may have them.
std::optional<Network> parse_network(std::string_view text);
/// True for what parse_network reads, less prefixes such as "/08": another reader may take them for
/// octal. For what callers send.
bool is_network(std::string_view text);

}  // namespace strongroom::policy
