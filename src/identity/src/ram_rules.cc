#include "ram_rules.h"

#include <algorithm>
#include <array>

#include "strongroom/base/bytes.h"

namespace strongroom::identity {
namespace {

constexpr std::size_t kNameCharsMax = 64;
constexpr std::size_t kPolicyNameCharsMax = 128;
constexpr std::size_t kMarkerBytesMax = 256;
constexpr std::size_t kDescriptionCharsMax = 1'024;
constexpr std::size_t kCommentsCharsMax = 128;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct NameRule {
  std::string_view parameter;
  std::size_t max;
  std::string_view more;  // besides letters and digits
};

Result<void> check_name(std::string_view name, const NameRule& rule) {
  if (name.empty() || name.size() > rule.max) {
    return invalid_field(
        rule.parameter, "Length",
        "beyond the length limit. 1 to " + std::to_string(rule.max) + " characters.");
  }
  const auto allowed = [&](char c) { return is_alphanumeric(c) || rule.more.contains(c); };
  if (!std::ranges::all_of(name, allowed)) {
    return invalid_field(rule.parameter, "InvalidChars",
                         "contains invalid chars. Letters, digits and \"" + std::string(rule.more) +
                             "\" are allowed.");
  }
  return {};
}

Result<void> check_length(std::string_view text, std::string_view parameter, std::size_t max) {
  if (count_characters(text) <= max) return {};
  return invalid_field(parameter, "Length",
                       "beyond the length limit. At most " + std::to_string(max) + " characters.");
}

}  // namespace

std::unexpected<Error> invalid_field(std::string_view parameter, std::string_view what,
                                     std::string message) {
  return fail(ErrorKind::kInvalidInput,
              "InvalidParameter." + std::string(parameter) + "." + std::string(what),
              "The parameter - \"" + std::string(parameter) + "\" " + std::move(message));
}

Result<void> check_group_name(std::string_view name, std::string_view parameter) {
  return check_name(name, {parameter, kNameCharsMax, "._-"});
}

Result<void> check_role_name(std::string_view name) {
  return check_name(name, {"RoleName", kNameCharsMax, ".-"});
}

Result<void> check_policy_name(std::string_view name) {
  return check_name(name, {"PolicyName", kPolicyNameCharsMax, "-"});
}

Result<void> check_provider_name(std::string_view name) {
  return check_name(name, {"OIDCProviderName", kPolicyNameCharsMax, "._-"});
}

Result<void> check_description(std::string_view text) {
  return check_length(text, "Description", kDescriptionCharsMax);
}

Result<void> check_comments(std::string_view text, std::string_view parameter) {
  return check_length(text, parameter, kCommentsCharsMax);
}

Result<void> check_marker(std::string_view marker) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == ':';
  };
  if (marker.size() <= kMarkerBytesMax && std::ranges::all_of(marker, allowed)) return {};
  return fail(ErrorKind::kInvalidInput, "InvalidParameter.Marker",
              "The parameter - \"Marker\" is not one that an earlier page returned.");
}

std::string random_digits(std::string_view first, std::size_t count, Random& random) {
  constexpr std::uint8_t kEven = 250;  // bytes beyond it would favour low digits
  std::string out(first);
  while (out.size() < first.size() + count) {
    std::uint8_t byte = 0;
    random.fill({&byte, 1});
    if (byte < kEven) out += static_cast<char>('0' + byte % 10);
  }
  return out;
}

}  // namespace strongroom::identity
