#pragma once
// The parameters of a call as every gateway offers them, and the checks that every handler shares.
// Views live as long as the request. Pure; one thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/api_error.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::service {

class Parameters {
 public:
  /// `sorted` by name, each name once, values decoded; must outlive this.
  explicit Parameters(std::span<const NameValue> sorted) : sorted_(sorted) {}

  /// Present (even if empty), or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Present and not empty, else 400 MissingParameter naming it.
  Result<std::string_view> required(std::string_view name) const;
  /// Present and not empty, or `otherwise`.
  std::string_view text(std::string_view name, std::string_view otherwise = "") const;
  /// "true"/"false" in any case; absent or empty: `otherwise`; anything else 400 InvalidParameter.
  Result<bool> boolean(std::string_view name, bool otherwise) const;
  /// A decimal integer within [low, high]; absent or empty: `otherwise`; anything else 400
  /// InvalidParameter.
  Result<std::int64_t> integer(std::string_view name, std::int64_t otherwise, std::int64_t low,
                               std::int64_t high) const;

  /// The values of name.1, name.2, … in order, at most `max`. 400 InvalidParameter for more, and
  /// for a gap: what stands behind it was meant, and UntagResources without it removes every tag.
  Result<std::vector<std::string_view>> list(std::string_view name, std::size_t max) const;
  /// Pairs name.N.Key / name.N.Value; an absent Value is empty. The same errors.
  Result<std::vector<NameValue>> pairs(std::string_view name, std::size_t max) const;

  std::span<const NameValue> all() const { return sorted_; }

 private:
  /// Nothing is numbered beside name.1 to name.`count`.
  Result<void> require_no_gap(std::string_view name, std::size_t count) const;

  std::span<const NameValue> sorted_;
};

/// PageNumber and PageSize as openapi.md §1.5 has them.
struct Page {
  std::int64_t number;
  std::int64_t size;
  std::int64_t offset() const { return (number - 1) * size; }
};
Result<Page> page_of(const Parameters& parameters, std::int64_t default_size);

}  // namespace strongroom::service
