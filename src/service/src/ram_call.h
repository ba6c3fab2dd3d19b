#pragma once
// What the handlers of RAM's actions share: ARNs, paging, tags, pieces of answers.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/identity/directory.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// acs:ram:*:<account>:<kind><name>, such as "group/" and "admins".
std::string ram_arn(const Call& call, std::string_view kind, std::string_view name);
/// The ARN of a policy: those of the system belong to "system".
std::string policy_arn(const Call& call, std::string_view type, std::string_view name);
/// Decides this action on an ARN.
Result<void> judge(Call& call, std::string_view arn);

/// A named resource that this call is allowed to act on: the value of `parameter`.
Result<std::string_view> judged_name(Call& call, std::string_view kind, std::string_view parameter);

/// MaxItems: 1 to 1,000, by default 100.
Result<std::size_t> max_items(const Call& call);
/// IsTruncated, and Marker if there is another page.
void write_page_end(Call& call, std::string_view next);

/// Tag.1.Key, Tag.1.Value, … or, as newer clients write it, Tag with a JSON array: at most 20, keys
/// 1-128 and values at most 128 characters, no key twice.
Result<std::vector<identity::Tag>> tags_in(const Parameters& parameters);
/// <name>.1, <name>.2, … or <name> with a JSON array: at most `max` texts.
Result<std::vector<std::string>> texts_in(const Parameters& parameters, std::string_view name,
                                          std::size_t max);
/// True if every wanted tag is there; a tag without value asks for the key alone.
bool has_tags(const std::vector<identity::Tag>& tags, const std::vector<identity::Tag>& wanted);
/// "Tags":{"Tag":[{"TagKey":…,"TagValue":…}]}
void write_tags(AnswerWriter& out, const std::vector<identity::Tag>& tags);

constexpr Operation ram_by_handler(std::string_view name, Effect effect, Handler handler) {
  return {.api = kRam,
          .name = name,
          .effect = effect,
          .resource = ResourceKind::kByHandler,
          .handler = handler};
}

}  // namespace strongroom::service
