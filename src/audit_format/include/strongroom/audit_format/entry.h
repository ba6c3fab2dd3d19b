#pragma once
// Looking into an entry (docs/formats/audit.md, "Entry"): a flat JSON object of texts, numbers and
// flags without blanks. Pure, thread-safe.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/time.h"

namespace strongroom::audit_format {

/// One member as it stands there: a text's escapes are left in place, its quotes are taken off.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// Walks the members of an entry in their order.
class FieldScanner {
 public:
  explicit FieldScanner(std::string_view entry);
  /// Nothing at the end, and at the first thing that no entry has.
  std::optional<Field> next();

 private:
  std::string_view rest_;
};

/// The value of `name` as it stands there, or empty.
std::string_view raw_field(std::string_view entry, std::string_view name);
/// The value of `name` with its escapes resolved, or empty.
std::string field_text(std::string_view entry, std::string_view name);
/// A text as it would stand in an entry.
std::string escaped(std::string_view text);
std::string unescaped(std::string_view raw);
/// The entry's time; 1970 for what is no entry.
Instant entry_time(std::string_view entry);

/// What stands behind the type in an ARN: the name of a secret, the id of a key. The whole text if
/// it is no ARN.
std::string_view resource_id(std::string_view arn);

/// Fields that searches find by their exact value through an archive's index: fields of the entry
/// and "resource_id", which is derived from "resource".
inline constexpr std::string_view kResourceId = "resource_id";
inline constexpr std::array<std::string_view, 19> kIndexedFields = {
    "request_id",   "service",        "action",        "account",   "principal_type",
    "principal_id", "principal_name", "access_key_id", "source_ip", "user_agent",
    "resource",     kResourceId,      "version_id",    "key_id",    "decision",
    "error_code",   "status",         "mutation",      "instance"};

}  // namespace strongroom::audit_format
