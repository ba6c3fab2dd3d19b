#pragma once
// Tags of keys and secrets (openapi.md §3.3, §6): at most 20, keys unique, both sides of a narrow
// character set. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::keys {

struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};

/// 400 InvalidParameter.TagKey, InvalidParameter.TagValue or Duplicate.TagKey, as TagResources
/// answers (openapi.md §2.3).
Result<void> check_tags(std::span<const NameValue> tags);

/// `before` with `added`: a key that is there gets the new value. Errors of check_tags, and 400
/// Rejected.LimitExceeded for more than 20.
Result<std::vector<Tag>> with_tags(std::vector<Tag> before, std::span<const NameValue> added);

/// `before` without the tags named; unknown names are ignored. Tags that the service made (aliyun…,
/// acs:…) stay.
std::vector<Tag> without_tags(std::vector<Tag> before, std::span<const std::string_view> names);

}  // namespace strongroom::keys
