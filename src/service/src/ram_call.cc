#include "ram_call.h"

#include <algorithm>

#include "json_parameters.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

constexpr std::int64_t kMaxItemsDefault = 100;
constexpr std::int64_t kMaxItemsMax = 1'000;

}  // namespace

std::string ram_arn(const Call& call, std::string_view kind, std::string_view name) {
  return "acs:ram:*:" + call.account().text() + ":" + std::string(kind) + std::string(name);
}

std::string policy_arn(const Call& call, std::string_view type, std::string_view name) {
  if (type == "System") return "acs:ram:*:system:policy/" + std::string(name);
  return ram_arn(call, "policy/", name);
}

Result<void> judge(Call& call, std::string_view arn) {
  return call.authorize("ram:" + std::string(call.operation.name), arn);
}

Result<std::string_view> judged_name(Call& call, std::string_view kind,
                                     std::string_view parameter) {
  SR_TRY(const std::string_view name, call.parameters.required(parameter));
  SR_CHECK_OK(judge(call, ram_arn(call, kind, name)));
  return name;
}

Result<std::size_t> max_items(const Call& call) {
  SR_TRY(const std::int64_t max,
         call.parameters.integer("MaxItems", kMaxItemsDefault, 1, kMaxItemsMax));
  return static_cast<std::size_t>(max);
}

void write_page_end(Call& call, std::string_view next) {
  call.answer.boolean("IsTruncated", !next.empty());
  if (!next.empty()) call.answer.field("Marker", next);
}

Result<std::vector<identity::Tag>> tags_in(const Parameters& parameters) {
  SR_TRY(const TextPairs written, parse_tags("Tag", parameters.text("Tag"), ""));
  std::vector<NameValue> pairs = written.views();
  if (pairs.empty()) {
    SR_TRY(pairs, parameters.pairs("Tag", limits::kTagsPerResourceMax));
  }
  std::vector<identity::Tag> tags;
  for (const NameValue& pair : pairs) {
    const bool known = std::ranges::find(tags, pair.name, &identity::Tag::key) != tags.end();
    if (pair.name.empty() || known || count_characters(pair.name) > limits::kTagCharsMax ||
        count_characters(pair.value) > limits::kTagCharsMax) {
      return invalid_parameter("Tag",
                               "A key has 1 to 128 characters and comes once, a value at "
                               "most 128.");
    }
    tags.push_back({std::string(pair.name), std::string(pair.value)});
  }
  return tags;
}

Result<std::vector<std::string>> texts_in(const Parameters& parameters, std::string_view name,
                                          std::size_t max) {
  const std::string_view written = parameters.text(name);
  if (!written.empty()) return parse_strings(name, written, "", max);
  SR_TRY(const std::vector<std::string_view> given, parameters.list(name, max));
  return std::vector<std::string>(given.begin(), given.end());
}

bool has_tags(const std::vector<identity::Tag>& tags, const std::vector<identity::Tag>& wanted) {
  return std::ranges::all_of(wanted, [&](const identity::Tag& one) {
    const auto found = std::ranges::find(tags, one.key, &identity::Tag::key);
    return found != tags.end() && (one.value.empty() || found->value == one.value);
  });
}

void write_tags(AnswerWriter& out, const std::vector<identity::Tag>& tags) {
  out.begin_list("Tags", "Tag");
  for (const identity::Tag& tag : tags) {
    out.begin_item();
    out.field("TagKey", tag.key);
    out.field("TagValue", tag.value);
    out.end_item();
  }
  out.end_list();
}

}  // namespace strongroom::service
