#pragma once
// Bodies of the records of groups, policies and roles, as records.h has the others.

#include "records.h"
#include "strongroom/identity/groups.h"
#include "strongroom/identity/policies.h"
#include "strongroom/identity/roles.h"

namespace strongroom::identity {

struct CustomPolicy {
  std::string name = {};
  std::string description = {};
  std::uint32_t default_version = 1;
  std::uint32_t next_version = 2;
  std::vector<PolicyVersion> versions = {};  // by number; is_default is not stored with them
  std::vector<Tag> tags = {};
  Instant created = {};
  Instant updated = {};
};

void encode(const Group& group, const BodySink& sink);
void encode(const std::vector<Link>& links, const BodySink& sink);
void encode(const Role& role, const BodySink& sink);
void encode(const CustomPolicy& policy, const BodySink& sink);
void encode(const std::vector<Entity>& entities, const BodySink& sink);

Result<Group> decode_group(const barrier::OpenedRecord& record);
Result<std::vector<Link>> decode_links(const barrier::OpenedRecord& record);
Result<Role> decode_role(const barrier::OpenedRecord& record);
Result<CustomPolicy> decode_custom_policy(const barrier::OpenedRecord& record);
Result<std::vector<Entity>> decode_entities(const barrier::OpenedRecord& record);

}  // namespace strongroom::identity
