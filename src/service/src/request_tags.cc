#include "request_tags.h"

#include "json_parameters.h"
#include "ram_call.h"
#include "strongroom/access/request_tags.h"
#include "strongroom/base/limits.h"
#include "strongroom/policy/pattern.h"

namespace strongroom::service {

void RequestTags::read() const {
  is_read_ = true;
  const auto keep = [this](std::string_view name, std::string_view value) {
    tags_.emplace_back(policy::fold_case(name), value);
  };
  const bool in_json = operation_.api.prefix == kKms.prefix && operation_.name != "TagResources";
  if (in_json) {
    const auto tags = parse_tags("Tags", parameters_.text("Tags"));
    if (!tags) return;
    for (const auto& [name, value] : tags->pairs) keep(name, value);
    return;
  }
  if (operation_.api.prefix == kRam.prefix) {
    const auto tags = tags_in(parameters_);
    if (!tags) return;
    for (const identity::Tag& tag : *tags) keep(tag.key, tag.value);
    return;
  }
  const auto tags = parameters_.pairs("Tag", limits::kTagsPerResourceMax);
  if (!tags) return;
  for (const NameValue& tag : *tags) keep(tag.name, tag.value);
}

std::optional<std::string_view> RequestTags::value(std::string_view folded_key,
                                                   std::size_t index) const {
  if (!folded_key.starts_with(access::kRequestTagKey)) return std::nullopt;
  if (!is_read_) read();
  const std::string_view wanted = folded_key.substr(access::kRequestTagKey.size());
  std::optional<std::string_view> found;
  std::size_t count = 0;
  for (const auto& [name, value] : tags_) {
    if (name == wanted && count++ == index) found = value;
  }
  ambiguous_ = ambiguous_ || count > 1;
  return found;
}

}  // namespace strongroom::service
