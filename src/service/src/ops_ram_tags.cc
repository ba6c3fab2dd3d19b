// RAM: TagResources, UntagResources, ListTagResources over roles and custom policies. Each resource
// named is judged by itself; one that may not be touched or does not exist fails the whole call.

#include <algorithm>

#include "ram_call.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::Tag;

constexpr std::int64_t kPageSizeDefault = 100;
constexpr std::int64_t kPageSizeMax = 1'000;

enum class Kind : std::uint8_t { kRole, kPolicy };

/// A resource of either kind, as far as tags go.
struct Tagged {
  std::string name;
  std::vector<Tag> tags;
};

struct TaggedPage {
  std::vector<Tagged> resources;
  std::string next;
};

Result<Kind> kind_in(const Parameters& parameters) {
  SR_TRY(const std::string_view type, parameters.required("ResourceType"));
  if (type == "role") return Kind::kRole;
  if (type == "policy") return Kind::kPolicy;
  return invalid_parameter("ResourceType", "It must be role or policy.");
}

std::string_view type_name(Kind kind) {
  return kind == Kind::kRole ? "role" : "policy";
}

std::string arn_of(const Call& call, Kind kind, std::string_view name) {
  return ram_arn(call, kind == Kind::kRole ? "role/" : "policy/", name);
}

Result<Tagged> read_tagged(Call& call, Kind kind, std::string_view name) {
  identity::Directory& directory = call.engines.directory;
  if (kind == Kind::kRole) {
    SR_TRY(identity::Role role, directory.roles().get(call.reader, {call.account(), name}));
    return Tagged{std::move(role.name), std::move(role.tags)};
  }
  SR_TRY(identity::PolicyFacts policy,
         directory.policies().get(call.reader, {call.account(), "Custom", name}));
  return Tagged{std::move(policy.name), std::move(policy.tags)};
}

Result<TaggedPage> list_tagged(Call& call, Kind kind, std::string_view marker, std::size_t max) {
  identity::Directory& directory = call.engines.directory;
  TaggedPage out;
  if (kind == Kind::kRole) {
    SR_TRY(identity::RolePage page,
           directory.roles().list(call.reader, call.account(), marker, max));
    for (auto& role : page.roles) {
      out.resources.push_back({std::move(role.name), std::move(role.tags)});
    }
    out.next = std::move(page.next);
    return out;
  }
  SR_TRY(identity::PolicyPage page,
         directory.policies().list(call.reader, {call.account(), "Custom", ""}, marker, max));
  for (auto& policy : page.policies) {
    out.resources.push_back({std::move(policy.name), std::move(policy.tags)});
  }
  out.next = std::move(page.next);
  return out;
}

Result<std::vector<std::string>> names_in(const Parameters& parameters) {
  SR_TRY(std::vector<std::string> given,
         texts_in(parameters, "ResourceNames", limits::kTagResourcesPerCallMax));
  std::vector<std::string> names;
  for (std::string& name : given) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

/// `change` is given the tags of each resource named, after its right was judged.
template <class Change>
Result<void> change_tags(Call& call, Change change) {
  SR_TRY(const Kind kind, kind_in(call.parameters));
  SR_TRY(const std::vector<std::string> names, names_in(call.parameters));
  if (names.empty()) SR_CHECK_OK(call.parameters.required("ResourceNames.1"));
  identity::Directory& directory = call.engines.directory;
  for (const std::string& name : names) {
    SR_CHECK_OK(judge(call, arn_of(call, kind, name)));
    SR_TRY(Tagged resource, read_tagged(call, kind, name));
    change(resource.tags);
    if (resource.tags.size() > limits::kTagsPerResourceMax) {
      return fail(ErrorKind::kExhausted, "LimitExceeded.Tag",
                  "A resource has at most 20 tags. Remove some with UntagResources.");
    }
    if (kind == Kind::kRole) {
      SR_CHECK_OK(directory.roles().set_tags(*call.transaction, {call.account(), name},
                                             std::move(resource.tags)));
    } else {
      SR_CHECK_OK(directory.policies().set_tags(*call.transaction, {call.account(), "Custom", name},
                                                std::move(resource.tags)));
    }
    call.end_resource();
  }
  return {};
}

Result<void> tag_resources(Call& call) {
  SR_TRY(const std::vector<Tag> added, tags_in(call.parameters));
  if (added.empty()) SR_CHECK_OK(call.parameters.required("Tag.1.Key"));
  return change_tags(call, [&added](std::vector<Tag>& tags) {
    for (const Tag& tag : added) {
      std::erase_if(tags, [&tag](const Tag& old) { return old.key == tag.key; });
      tags.push_back(tag);
    }
  });
}

Result<void> untag_resources(Call& call) {
  SR_TRY(const bool all, call.parameters.boolean("All", false));
  SR_TRY(const auto keys, texts_in(call.parameters, "TagKeys", limits::kTagsPerResourceMax));
  if (keys.empty() && !all) SR_CHECK_OK(call.parameters.required("TagKeys.1"));
  return change_tags(call, [&keys](std::vector<Tag>& tags) {
    // All counts only where no key is named.
    std::erase_if(tags, [&keys](const Tag& tag) {
      return keys.empty() || std::ranges::find(keys, tag.key) != keys.end();
    });
  });
}

/// The resources named, or a page of all of the kind.
Result<TaggedPage> wanted_resources(Call& call, Kind kind) {
  SR_TRY(const std::vector<std::string> names, names_in(call.parameters));
  if (!names.empty()) {
    TaggedPage out;
    for (const std::string& name : names) {
      SR_CHECK_OK(judge(call, arn_of(call, kind, name)));
      SR_TRY(Tagged resource, read_tagged(call, kind, name));
      out.resources.push_back(std::move(resource));
      call.end_resource();
    }
    return out;
  }
  SR_CHECK_OK(judge(call, arn_of(call, kind, "*")));
  SR_TRY(const std::int64_t size,
         call.parameters.integer("PageSize", kPageSizeDefault, 1, kPageSizeMax));
  // A page counts tags, of which a resource may have twenty: whole resources, at least one.
  const auto resources =
      std::max<std::int64_t>(1, size / static_cast<std::int64_t>(limits::kTagsPerResourceMax));
  return list_tagged(call, kind, call.parameters.text("NextToken"),
                     static_cast<std::size_t>(resources));
}

Result<void> list_tag_resources(Call& call) {
  SR_TRY(const Kind kind, kind_in(call.parameters));
  SR_TRY(const std::vector<Tag> wanted, tags_in(call.parameters));
  SR_TRY(const TaggedPage page, wanted_resources(call, kind));
  call.answer.begin_flat_list("TagResources");
  for (const Tagged& resource : page.resources) {
    if (!has_tags(resource.tags, wanted)) continue;
    for (const Tag& tag : resource.tags) {
      call.answer.begin_item();
      call.answer.field("ResourceName", resource.name);
      call.answer.field("ResourceType", type_name(kind));
      call.answer.field("TagKey", tag.key);
      call.answer.field("TagValue", tag.value);
      call.answer.end_item();
    }
  }
  call.answer.end_flat_list();
  if (!page.next.empty()) call.answer.field("NextToken", page.next);
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("TagResources", kMutation, tag_resources),
    ram_by_handler("UntagResources", kMutation, untag_resources),
    ram_by_handler("ListTagResources", kSlowRead, list_tag_resources),
};

}  // namespace

std::span<const Operation> ram_tag_operations() {
  return kOperations;
}

}  // namespace strongroom::service
