#pragma once
// Identifiers that cannot be mixed up. Values: copyable, comparable, printable; none is secret.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/random.h"

namespace strongroom {

/// 128 random bits, RFC 4122 version 4.
class Uuid {
 public:
  Uuid() = default;  // all zero: "none"
  static Uuid generate(Random& random);
  /// Exactly 16 bytes; anything else gives the zero id.
  static Uuid from_bytes(std::string_view bytes);
  /// 8-4-4-4-12 hex digits of either case, else nothing.
  static std::optional<Uuid> parse(std::string_view text);

  std::string lower() const;  // "0f8fad5b-…"
  std::string upper() const;
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  bool is_zero() const { return *this == Uuid(); }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::string format(const char* digits) const;
  std::array<std::uint8_t, 16> bytes_{};
};

/// A 16-digit account id (openapi.md §3.1), the tenant.
class AccountId {
 public:
  AccountId() = default;  // zero: "no account"
  explicit AccountId(std::uint64_t number) : number_(number) {}
  static AccountId generate(Random& random);
  /// Exactly 16 decimal digits, the first not 0, else nothing.
  static std::optional<AccountId> parse(std::string_view text);

  std::string text() const { return std::to_string(number_); }
  std::uint64_t number() const { return number_; }
  auto operator<=>(const AccountId&) const = default;

 private:
  std::uint64_t number_ = 0;
};

}  // namespace strongroom
