#include "strongroom/keys/tags.h"

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::keys {
namespace {

/// Letters of any script, digits, blank and / \ _ - . + = : @
bool is_tag_text(std::string_view text) {
  const auto allowed = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           std::string_view("/\\_-.+=:@ ").find(c) != std::string_view::npos;
  };
  return count_characters(text) <= limits::kTagCharsMax && is_utf8(text) &&
         std::ranges::all_of(text, allowed);
}

bool is_reserved(std::string_view key) {
  return key.starts_with("aliyun") || key.starts_with("acs:");
}

}  // namespace

Result<void> check_tags(std::span<const NameValue> tags) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].name.empty() || !is_tag_text(tags[i].name) || is_reserved(tags[i].name)) {
      return fail(
          ErrorKind::kInvalidInput, "InvalidParameter.TagKey",
          "The specified parameter \"TagKey\" is not valid. A key has 1 to 128 letters, digits and "
          "/ \\ _ - . + = : @ and does not start with aliyun or acs:");
    }
    if (!is_tag_text(tags[i].value)) {
      return fail(ErrorKind::kInvalidInput, "InvalidParameter.TagValue",
                  "The specified parameter \"TagValue\" is not valid. A value has at most 128 "
                  "letters, digits and "
                  "/ \\ _ - . + = : @");
    }
    if (std::ranges::count(tags, tags[i].name, &NameValue::name) > 1) {
      return fail(ErrorKind::kInvalidInput, "Duplicate.TagKey",
                  "The tag key is given twice; give each key once.");
    }
  }
  return {};
}

Result<std::vector<Tag>> with_tags(std::vector<Tag> before, std::span<const NameValue> added) {
  SR_CHECK_OK(check_tags(added));
  for (const NameValue& tag : added) {
    const auto found = std::ranges::find(before, tag.name, &Tag::key);
    if (found != before.end()) {
      found->value = tag.value;
    } else {
      before.push_back({std::string(tag.name), std::string(tag.value)});
    }
  }
  if (before.size() > limits::kTagsPerResourceMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "A resource can have at most 20 tags. Remove some with UntagResources first.");
  }
  return before;
}

std::vector<Tag> without_tags(std::vector<Tag> before, std::span<const std::string_view> names) {
  std::erase_if(before, [names](const Tag& tag) {
    return !is_reserved(tag.key) && std::ranges::find(names, tag.key) != names.end();
  });
  return before;
}

}  // namespace strongroom::keys
