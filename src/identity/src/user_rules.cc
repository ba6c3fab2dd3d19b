#include "user_rules.h"

#include <algorithm>
#include <string>

namespace strongroom::identity {
namespace {

constexpr std::size_t kUserNameCharsMax = 64;
constexpr std::size_t kTextCharsMax = 128;

std::unexpected<Error> invalid(std::string_view parameter, std::string_view what,
                               std::string message) {
  return fail(ErrorKind::kInvalidInput,
              "InvalidParameter." + std::string(parameter) + "." + std::string(what),
              "The parameter - \"" + std::string(parameter) + "\" " + std::move(message));
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_phone_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+';
}

// Characters of well-formed UTF-8, which parameters are.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Result<void> check_length(std::string_view parameter, std::string_view text) {
  if (characters(text) <= kTextCharsMax) return {};
  return invalid(parameter, "Length", "beyond the length limit. At most 128 characters.");
}

}  // namespace

Result<void> check_user_name(std::string_view name, std::string_view parameter) {
  if (name.empty() || name.size() > kUserNameCharsMax) {
    return invalid(parameter, "Length", "beyond the length limit. 1 to 64 characters.");
  }
  if (!std::ranges::all_of(name, is_name_char)) {
    return invalid(parameter, "InvalidChars",
                   "contains invalid chars. Letters, digits and . _ - are allowed.");
  }
  return {};
}

Result<void> check_user_fields(const User& user) {
  SR_CHECK_OK(check_length("DisplayName", user.display_name));
  SR_CHECK_OK(check_length("Comments", user.comments));
  SR_CHECK_OK(check_length("Email", user.email));
  SR_CHECK_OK(check_length("MobilePhone", user.mobile_phone));
  const std::size_t at = user.email.find('@');
  if (!user.email.empty() && (at == 0 || at == std::string::npos || at + 1 == user.email.size())) {
    return invalid("Email", "Format", "is not well formatted. Write it as name@example.com.");
  }
  if (!std::ranges::all_of(user.mobile_phone, is_phone_char)) {
    return invalid("MobilePhone", "Format",
                   "is not well formatted. Write it as country code, '-', number.");
  }
  return {};
}

}  // namespace strongroom::identity
