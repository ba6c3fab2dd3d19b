#include "strongroom/service/parameters.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "strongroom/base/ascii.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

std::string numbered(std::string_view name, std::size_t number) {
  return std::string(name).append(".").append(std::to_string(number));
}

/// The number in "TagKey.2" or "Tag.2.Key" after "TagKey." or "Tag.", as it was written.
std::string_view number_after(std::string_view name, std::size_t prefix) {
  const std::string_view rest = name.substr(prefix);
  const std::string_view number = rest.substr(0, rest.find('.'));
  const bool digits =
      !number.empty() && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? number : std::string_view();
}

}  // namespace

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  const auto at = std::lower_bound(
      sorted_.begin(), sorted_.end(), name,
      [](const NameValue& field, std::string_view key) { return field.name < key; });
  if (at == sorted_.end() || at->name != name) return std::nullopt;
  return at->value;
}

Result<std::string_view> Parameters::required(std::string_view name) const {
  const auto value = find(name);
  if (value && !value->empty()) return *value;
  return fail(
      ErrorKind::kInvalidInput, "MissingParameter",
      std::string("The parameter \"").append(name).append("\" is needed but not provided."));
}

std::string_view Parameters::text(std::string_view name, std::string_view otherwise) const {
  const auto value = find(name);
  return value && !value->empty() ? *value : otherwise;
}

Result<bool> Parameters::boolean(std::string_view name, bool otherwise) const {
  const std::string_view value = text(name);
  if (value.empty()) return otherwise;
  if (equals_lower(value, "true")) return true;
  if (equals_lower(value, "false")) return false;
  return invalid_parameter(name, "It must be true or false.");
}

Result<std::int64_t> Parameters::integer(std::string_view name, std::int64_t otherwise,
                                         std::int64_t low, std::int64_t high) const {
  const std::string_view value = text(name);
  if (value.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < low || number > high) {
    std::string hint = "It must be a whole number from ";
    hint.append(std::to_string(low)).append(" to ").append(std::to_string(high)).append(".");
    return invalid_parameter(name, hint);
  }
  return number;
}

Result<std::vector<std::string_view>> Parameters::list(std::string_view name,
                                                       std::size_t max) const {
  std::vector<std::string_view> values;
  while (const auto value = find(numbered(name, values.size() + 1))) {
    if (values.size() == max) {
      return invalid_parameter(
          name, std::string("At most ").append(std::to_string(max)).append(" are accepted."));
    }
    values.push_back(*value);
  }
  SR_CHECK_OK(require_no_gap(name, values.size()));
  return values;
}

Result<std::vector<NameValue>> Parameters::pairs(std::string_view name, std::size_t max) const {
  std::vector<NameValue> values;
  while (true) {
    const std::string prefix = numbered(name, values.size() + 1);
    const auto key = find(prefix + ".Key");
    if (!key) break;
    if (values.size() == max) {
      return invalid_parameter(
          name, std::string("At most ").append(std::to_string(max)).append(" are accepted."));
    }
    values.push_back({*key, text(prefix + ".Value")});
  }
  SR_CHECK_OK(require_no_gap(name, values.size()));
  return values;
}

Result<void> Parameters::require_no_gap(std::string_view name, std::size_t count) const {
  const std::string prefix = std::string(name).append(".");
  const auto first = std::ranges::lower_bound(sorted_, prefix, {}, &NameValue::name);
  for (auto at = first; at != sorted_.end() && at->name.starts_with(prefix); ++at) {
    const std::string_view written = number_after(at->name, prefix.size());
    std::size_t number = 0;
    std::from_chars(written.data(), written.data() + written.size(), number);
    const bool taken = number >= 1 && number <= count && written == std::to_string(number);
    if (!written.empty() && !taken) {
      return invalid_parameter(
          name, "Its values are numbered from 1 on, without a gap; send them again so.");
    }
  }
  return {};
}

Result<Page> page_of(const Parameters& parameters, std::int64_t default_size) {
  SR_TRY(const std::int64_t number,
         parameters.integer("PageNumber", 1, 1, std::numeric_limits<std::int32_t>::max()));
  SR_TRY(const std::int64_t size,
         parameters.integer("PageSize", default_size, 1, limits::kPageSizeMax));
  return Page{number, size};
}

}  // namespace strongroom::service
