#pragma once
// Finding entries by exact values of their fields, newest or oldest first, without the server.
// Archives answer from their index; volumes that are still open are read through. Every entry that
// is handed out has been checked against its leaf hash. Thread-safe for different LogDirectory
// objects.

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/reader.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::audit_format {

/// Holds for an entry in which `field` has this value. An empty value: the field is absent.
struct Term {
  std::string field;  // of the entry, or "resource_id"
  std::string value;  // not escaped
};

/// Holds if one of its terms does, or, negated, if none does.
struct Condition {
  std::vector<Term> any;
  bool negated = false;
};

struct Search {
  std::vector<Condition> all{};
  Instant from{};                                        // inclusive
  Instant to{std::numeric_limits<std::int64_t>::max()};  // exclusive
  bool newest_first = true;
  std::size_t limit = 100;
  std::size_t skip = 0;
  /// Goes on behind this entry, in the direction.
  std::optional<std::uint64_t> behind{};
  /// Beyond the conditions; sees entries that all of them hold for. Empty: takes all.
  std::function<bool(std::string_view entry)> accepts{};
};

struct Found {
  std::vector<Entry> entries;   // in the order that was asked for
  std::uint64_t looked_at = 0;  // entries read
  bool complete = true;         // false: gave up at limits::kAuditSearchBlocksMax
  bool more = false;            // the limit was reached
};

/// kInvalidInput beyond limits::kAuditSearch*, kCorrupt if a found entry or an archive is damaged.
Result<Found> search(const LogDirectory& log, const Search& wanted);

}  // namespace strongroom::audit_format
