#pragma once
// What a request says under the condition keys of one PolicySet, fetched and read once in a
// decision however many statements ask. Lives on the stack of one evaluate(); allocates nothing.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "strongroom/policy/conditions.h"
#include "strongroom/policy/values.h"

namespace strongroom::policy {

/// Keys of a set are numbered in the order in which they first come; the first ones are kept.
inline constexpr std::uint32_t kKeysKept = 16;

class RequestValues {
 public:
  explicit RequestValues(const Conditions* context) : context_(context) {}

  /// One value of a key, and what it is as a number, a time or an address.
  class Value {
   public:
    std::string_view text() const { return text_; }
    std::optional<double> number() const;
    std::optional<Instant> time() const;
    std::optional<Address> address() const;

   private:
    friend class RequestValues;
    Value(std::string_view text, RequestValues* values, std::uint32_t key)
        : text_(text), values_(values), key_(key) {}
    std::string_view text_;
    RequestValues* values_;  // null: nothing is kept for it
    std::uint32_t key_;
  };

  /// As Conditions::value.
  std::optional<Value> value(std::uint32_t key, std::string_view folded_name, std::size_t index);

 private:
  enum Known : std::uint8_t {
    kFetched = 1,
    kThere = 2,
    kNumberRead = 4,
    kIsNumber = 8,
    kTimeRead = 16,
    kIsTime = 32,
    kAddressRead = 64,
    kIsAddress = 128,
  };
  // Nothing here is set before `known_` says so: a decision without conditions costs nothing.
  struct Slot {
    const char* text;
    std::size_t size;
    double number;
    std::int64_t unix_ms;
    Address address;
  };

  const Conditions* context_;
  std::array<std::uint8_t, kKeysKept> known_{};  // Known bits
  std::array<Slot, kKeysKept> slots_;            // see above
};

}  // namespace strongroom::policy
