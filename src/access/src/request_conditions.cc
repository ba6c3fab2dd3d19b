#include "strongroom/access/request_conditions.h"

#include <algorithm>

namespace strongroom::access {
namespace {

std::string_view flag(bool value) {
  return value ? "true" : "false";
}

}  // namespace

std::optional<std::string_view> RequestConditions::single(std::string_view folded_key) const {
  if (folded_key == "acs:sourceip" && !facts_.source_ip.empty()) return facts_.source_ip;
  if (folded_key == "acs:currenttime") {
    char text[20];
    format_utc_to(text, facts_.now);
    std::ranges::copy(text, time_.begin());
    return std::string_view(time_.data(), time_.size());
  }
  if (folded_key == kGatewayKey) return facts_.gateway;
  if (folded_key == "acs:securetransport") return flag(facts_.secure_transport);
  if (folded_key == "acs:principalarn" && !principal_.arn.empty()) return principal_.arn;
  // A plain access-key call does not have it (gateway.md §6.2).
  if (folded_key == "acs:mfapresent" && principal_.session) return flag(principal_.mfa_present);
  return std::nullopt;
}

std::optional<std::string_view> RequestConditions::value(std::string_view folded_key,
                                                         std::size_t index) const {
  for (const std::string_view prefix : {"kms:tag/", "acs:resourcetag/"}) {
    if (tags_ != nullptr && folded_key.starts_with(prefix)) {
      return tags_->tag(folded_key.substr(prefix.size()), index);
    }
  }
  if (const auto one = single(folded_key)) {
    return index == 0 ? one : std::nullopt;
  }
  return more_ != nullptr ? more_->value(folded_key, index) : std::nullopt;
}

}  // namespace strongroom::access
