// Tags of keys, secrets and KMS instances (openapi.md §6). Each resource named is judged by itself;
// one that may not be touched or does not exist fails the whole call, and nothing of it is written.

#include <algorithm>

#include "json_parameters.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "still_reading.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/instances/instances.h"
#include "strongroom/secrets/transition.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

enum class Kind : std::uint8_t { kKeyTags, kSecretTags, kInstanceTags };

struct Target {
  Kind kind;
  std::string_view name;  // bare; empty: nothing of ours
  std::string arn;
};

Target target_named(const Call& call, Kind kind, std::string_view text) {
  if (kind == Kind::kKeyTags) {
    KeyName key = key_named(call, text);
    return {kind, key.id, std::move(key.arn)};
  }
  const auto arn = [&call, kind](std::string_view name) {
    return kind == Kind::kSecretTags ? call.engines.secrets.arn(call.account(), name)
                                     : call.engines.instances.arn(call.account(), name);
  };
  if (!text.starts_with("acs:")) return {kind, text, arn(text)};
  const std::string ours = arn("");
  return {kind, text.starts_with(ours) ? text.substr(ours.size()) : std::string_view(),
          std::string(text)};
}

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::kKeyTags:
      return "key";
    case Kind::kSecretTags:
      return "secret";
    case Kind::kInstanceTags:
      break;
  }
  return "instance";
}

/// kNotFound, whatever code the actions on instances have for one that is not there.
Result<instances::Instance> instance_named(const Call& call, barrier::Reader& reader,
                                           std::string_view id) {
  auto found = call.engines.instances.find(reader, call.account(), id);
  if (!found && found.error().kind() == ErrorKind::kDenied)
    return fail(ErrorKind::kNotFound, found.error().code(), found.error().message());
  return found;
}

std::vector<keys::Tag> tags_of(const instances::Instance& instance) {
  std::vector<keys::Tag> tags;
  tags.reserve(instance.tags.size());
  for (const auto& [key, value] : instance.tags) tags.push_back({key, value});
  return tags;
}

using Change = Result<std::vector<keys::Tag>>(std::vector<keys::Tag>);

/// Applies `change` to the tags of a resource whose right was judged.
Result<void> change_tags(Call& call, const Target& target, const std::function<Change>& change) {
  if (target.kind == Kind::kKeyTags) {
    SR_TRY(keys::Key key, call.engines.keys.find(call.reader, call.account(), target.name));
    SR_CHECK_OK(keys::permit(keys::KeyAction::kAnnotate, key.state));
    SR_TRY(key.tags, change(std::move(key.tags)));
    call.engines.keys.save(*call.transaction, key);
    return {};
  }
  if (target.kind == Kind::kInstanceTags) {
    SR_TRY(instances::Instance instance, instance_named(call, call.reader, target.name));
    SR_TRY(const std::vector<keys::Tag> tags, change(tags_of(instance)));
    instance.tags.clear();
    for (const keys::Tag& tag : tags) instance.tags.emplace_back(tag.key, tag.value);
    call.engines.instances.save(*call.transaction, instance);
    return {};
  }
  SR_TRY(const secrets::SecretView view,
         call.engines.secrets.live_view(call.reader, call.account(), target.name));
  secrets::Secret secret = view.decode();
  SR_TRY(secret.tags, change(std::move(secret.tags)));
  call.engines.secrets.save(*call.transaction, secret);
  return {};
}

// --- TagResource, UntagResource, ListResourceTags: one resource ---

/// Exactly one of KeyId, SecretName and CertificateId.
Result<Target> single_target(const Call& call) {
  const std::string_view key = call.parameters.text("KeyId");
  const std::string_view secret = call.parameters.text("SecretName");
  const std::string_view certificate = call.parameters.text("CertificateId");
  const int given =
      (key.empty() ? 0 : 1) + (secret.empty() ? 0 : 1) + (certificate.empty() ? 0 : 1);
  if (given != 1) return invalid_parameter("KeyId", "Give exactly one of KeyId and SecretName.");
  if (!certificate.empty()) {
    return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
                "Resource not found: there are no certificates here.");
  }
  if (names_alias(key)) return alias_refused();
  return key.empty() ? target_named(call, Kind::kSecretTags, secret)
                     : target_named(call, Kind::kKeyTags, key);
}

Result<void> tag_resource(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Tags"));
  SR_TRY(const TextPairs tags, parse_tags("Tags", text));
  SR_TRY(const Target target, single_target(call));
  SR_CHECK_OK(call.authorize("kms:TagResource", target.arn));
  const auto outcome = change_tags(call, target, [&tags](std::vector<keys::Tag> before) {
    return keys::with_tags(std::move(before), tags.views());
  });
  if (!outcome) return std::unexpected(with_plain_code(outcome.error()));
  return {};
}

Result<void> untag_resource(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("TagKeys"));
  SR_TRY(const std::vector<std::string> names,
         parse_strings("TagKeys", text, "TagKey", limits::kTagsPerResourceMax));
  SR_TRY(const Target target, single_target(call));
  SR_CHECK_OK(call.authorize("kms:UntagResource", target.arn));
  const std::vector<std::string_view> views(names.begin(), names.end());
  return change_tags(call, target,
                     [&views](std::vector<keys::Tag> before) -> Result<std::vector<keys::Tag>> {
                       return keys::without_tags(std::move(before), views);
                     });
}

Result<void> list_resource_tags(Call& call) {
  SR_TRY(const keys::Key key, named_key(call));
  call.answer.begin_list("Tags", "Tag");
  for (const keys::Tag& tag : key.tags) {
    call.answer.begin_item();
    call.answer.field("KeyId", key.id);
    call.answer.field("TagKey", tag.key);
    call.answer.field("TagValue", tag.value);
    call.answer.end_item();
  }
  call.answer.end_list();
  return {};
}

// --- TagResources, UntagResources: many resources ---

std::unexpected<Error> resource_id_not_found() {
  return fail(ErrorKind::kNotFound, "InvalidResourceId.NotFound",
              "The specified ResourceId is not found.");
}

Result<Kind> kind_of(const Parameters& parameters) {
  SR_TRY(const std::string_view type, parameters.required("ResourceType"));
  if (type == "key") return Kind::kKeyTags;
  if (type == "secret") return Kind::kSecretTags;
  if (type == "instance") return Kind::kInstanceTags;
  return invalid_parameter("ResourceType", "It must be key, secret or instance.");
}

Result<void> change_many(Call& call, std::string_view action, const std::function<Change>& change) {
  SR_TRY(const Kind kind, kind_of(call.parameters));
  SR_TRY(const std::vector<std::string_view> ids,
         call.parameters.list("ResourceId", limits::kTagResourcesPerCallMax));
  if (ids.empty()) SR_CHECK_OK(call.parameters.required("ResourceId.1"));
  std::vector<std::string_view> done;
  for (const std::string_view id : ids) {
    if (std::ranges::find(done, id) != done.end()) continue;
    done.push_back(id);
    const Target target = target_named(call, kind, id);
    SR_CHECK_OK(call.authorize(action, target.arn));
    const auto outcome = change_tags(call, target, change);
    if (!outcome && outcome.error().kind() == ErrorKind::kNotFound) return resource_id_not_found();
    SR_CHECK_OK(outcome);
    call.end_resource();
  }
  return {};
}

Result<void> tag_resources(Call& call) {
  SR_TRY(const std::vector<NameValue> tags,
         call.parameters.pairs("Tag", limits::kTagsPerResourceMax));
  if (tags.empty()) SR_CHECK_OK(call.parameters.required("Tag.1.Key"));
  SR_CHECK_OK(keys::check_tags(tags));
  return change_many(call, "kms:TagResources", [&tags](std::vector<keys::Tag> before) {
    return keys::with_tags(std::move(before), tags);
  });
}

Result<void> untag_resources(Call& call) {
  SR_TRY(const std::vector<std::string_view> names,
         call.parameters.list("TagKey", limits::kTagsPerResourceMax));
  SR_TRY(const bool all, call.parameters.boolean("All", false));
  if (names.empty() && !all)
    return invalid_parameter("TagKey", "Name the tags with TagKey.N, or say All=true.");
  return change_many(
      call, "kms:UntagResources",
      [&names](std::vector<keys::Tag> before) -> Result<std::vector<keys::Tag>> {
        std::vector<std::string> every;  // All counts only when no key is named (openapi.md §6)
        if (names.empty()) {
          for (const keys::Tag& tag : before) every.push_back(tag.key);
        }
        const std::vector<std::string_view> views(every.begin(), every.end());
        return keys::without_tags(std::move(before), names.empty() ? views : names);
      });
}

// --- ListTagResources ---

struct TagRow {
  std::string resource;
  keys::Tag tag;
};

/// All wanted tags must be there; a wanted tag without a value asks for the key alone.
bool wanted(std::span<const keys::Tag> tags, std::span<const NameValue> filters) {
  return std::ranges::all_of(filters, [tags](const NameValue& filter) {
    return std::ranges::any_of(tags, [&filter](const keys::Tag& tag) {
      return tag.key == filter.name && (filter.value.empty() || tag.value == filter.value);
    });
  });
}

Result<std::vector<keys::Tag>> tags_of(const Call& call, barrier::Reader& reader, Kind kind,
                                       std::string_view name) {
  if (kind == Kind::kKeyTags) {
    SR_TRY(keys::Key key, call.engines.keys.find(reader, call.account(), name));
    return std::move(key.tags);
  }
  if (kind == Kind::kInstanceTags) {
    SR_TRY(const instances::Instance instance, instance_named(call, reader, name));
    return tags_of(instance);
  }
  SR_TRY(const secrets::SecretView view, call.engines.secrets.view(reader, call.account(), name));
  return view.decode().tags;
}

struct TagPage {
  std::vector<TagRow> rows;
  std::string next;  // the last resource looked at, if there may be more
};

/// Adds the tags of one resource; false, and nothing added, if they no longer fit on the page.
bool add_rows(TagPage& page, std::string_view name, std::span<const keys::Tag> tags) {
  if (page.rows.size() + tags.size() > limits::kTagRowsPerPage) return false;
  for (const keys::Tag& tag : tags) page.rows.push_back({std::string(name), tag});
  return true;
}

const NameIndex& index_of(const Engines& engines, Kind kind) {
  if (kind == Kind::kKeyTags) return engines.keys.index();
  return kind == Kind::kSecretTags ? engines.secrets.index() : engines.instances.index();
}

/// Walks the names after `after`, at most limits::kTagScanResourcesMax of them a call.
Result<TagPage> scan_tags(const Call& call, Kind kind, std::string after,
                          std::span<const NameValue> filters) {
  const NameIndex& index = index_of(call.engines, kind);
  if (!index.ready()) return still_reading("its resources");
  TagPage page;
  for (std::size_t seen = 0; seen < limits::kTagScanResourcesMax; seen += limits::kListScanBatch) {
    const std::vector<std::string> names =
        index.following(call.account(), after, limits::kListScanBatch);
    if (names.empty()) return page;
    SR_TRY(const auto reader, call.engines.store.reader());
    for (const std::string& name : names) {
      const auto tags = tags_of(call, *reader, kind, name);
      if (!tags && tags.error().kind() != ErrorKind::kNotFound)
        return std::unexpected(tags.error());
      if (tags && wanted(*tags, filters) && !add_rows(page, name, *tags)) {
        page.next = after;
        return page;
      }
      after = name;
    }
  }
  page.next = after;
  return page;
}

Result<TagPage> tags_of_named(Call& call, Kind kind, std::span<const std::string_view> ids,
                              std::span<const NameValue> filters, std::string_view after) {
  TagPage page;
  std::vector<std::string_view> ordered(ids.begin(), ids.end());
  std::ranges::sort(ordered);
  ordered.erase(std::ranges::unique(ordered).begin(), ordered.end());
  for (const std::string_view id : ordered) {
    const Target target = target_named(call, kind, id);
    SR_CHECK_OK(call.authorize("kms:ListTagResources", target.arn));
    if (!after.empty() && id <= after) continue;
    const auto tags = tags_of(call, call.reader, kind, target.name);
    if (!tags && tags.error().kind() == ErrorKind::kNotFound) return resource_id_not_found();
    if (!tags) return std::unexpected(tags.error());
    call.end_resource();
    if (!wanted(*tags, filters)) continue;
    if (!add_rows(page, target.name, *tags)) return page;
    page.next = id;
  }
  page.next.clear();
  return page;
}

Result<void> list_tag_resources(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const Kind kind, kind_of(p));
  SR_TRY(const std::vector<std::string_view> ids,
         p.list("ResourceId", limits::kTagResourcesPerCallMax));
  SR_TRY(const std::vector<NameValue> filters, p.pairs("Tag", limits::kTagsPerResourceMax));
  const auto after = base64_decode(p.text("NextToken"));
  if (!after) return invalid_parameter("NextToken", "Send back the NextToken of the page before.");
  TagPage page;
  if (ids.empty()) {
    const Target all = kind == Kind::kKeyTags
                           ? Target{kind, "*", call.engines.keys.arn(call.account(), "*")}
                           : target_named(call, kind, "*");
    SR_CHECK_OK(call.authorize("kms:ListTagResources", all.arn));
    SR_TRY(page, scan_tags(call, kind, *after, filters));
  } else {
    SR_TRY(page, tags_of_named(call, kind, ids, filters, *after));
  }
  call.answer.begin_list("TagResources", "TagResource");
  for (const TagRow& row : page.rows) {
    call.answer.begin_item();
    call.answer.field("ResourceId", row.resource);
    call.answer.field("ResourceType", to_text(kind));
    call.answer.field("TagKey", row.tag.key);
    call.answer.field("TagValue", row.tag.value);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.field("NextToken", base64_encode(as_bytes(page.next)));
  return {};
}

constexpr Operation kRows[] = {
    {kKms, "TagResource", kMutation, kByHandler, "", tag_resource},
    {kKms, "UntagResource", kMutation, kByHandler, "", untag_resource},
    {kKms, "ListResourceTags", kRead, kKey, "KeyId", list_resource_tags},
    needs("ResourceType ResourceId.1",
          {kKms, "TagResources", kMutation, kByHandler, "", tag_resources}),
    needs("ResourceType ResourceId.1",
          {kKms, "UntagResources", kMutation, kByHandler, "", untag_resources}),
    {kKms, "ListTagResources", kSlowRead, kByHandler, "", list_tag_resources},
};

}  // namespace

std::span<const Operation> tag_operations() {
  return kRows;
}

}  // namespace strongroom::service
