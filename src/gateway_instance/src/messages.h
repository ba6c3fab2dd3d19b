#pragma once
// The messages of the Instance API (instance-protocol.md §3) as a table, and requests read by it
// into parameters. Pure; thread-safe.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::gateway_instance {

/// How a field is written: text and bytes are the same on the wire.
enum class FieldType : std::uint8_t { kBytes, kInteger, kBoolean };

struct Field {
  std::uint32_t number;
  std::string_view name;
  FieldType type = FieldType::kBytes;
};

struct Message {
  std::string_view action;
  std::span<const Field> request;
  std::span<const Field> response;
};

/// StatusCode, ErrorCode, ErrorMessage, RequestId.
std::span<const Field> error_fields();

/// The action's messages, or null. Offered actions only.
const Message* find_message(std::string_view action);
/// Actions that the protocol knows and nobody can call: UnsupportedOperation.
bool is_known_but_not_offered(std::string_view action);
/// Every offered action.
std::span<const Message> messages();

/// The set fields of a request, sorted by name, the last of several equal ones. Byte fields are
/// views into `body`, the others point into this object, which must stay where it is.
class RequestFields {
 public:
  /// 400 InvalidParameter if `body` is no such message. Unknown fields, at most 32, are skipped;
  /// groups are refused.
  Result<void> read(const Message& message, std::string_view body);
  /// Adds a parameter that did not come in the body. `name` must not be a field's.
  void add(std::string_view name, std::string_view value);
  std::span<const NameValue> sorted() const { return fields_; }
  void clear() { fields_.clear(); }

 private:
  void set(std::string_view name, std::string_view value);
  std::vector<NameValue> fields_;
  std::array<char, 24> digits_{};  // of the one integer field that a request can have
};

// Writing: a tag and a value at the end of `out`.
void append_bytes(std::string& out, std::uint32_t number, std::string_view value);
void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value);

}  // namespace strongroom::gateway_instance
