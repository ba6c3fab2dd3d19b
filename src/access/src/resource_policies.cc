#include "strongroom/access/resource_policies.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace strongroom::access {
namespace {

std::string everybody_of(AccountId owner) {
  return "acs:ram::" + owner.text() + ":*";
}

// The default statement, whatever its Sid: it leaves everything to the owner's identity policies.
bool is_default(const policy::Statement& statement, AccountId owner) {
  return statement.effect == policy::Effect::kAllow && statement.conditions.empty() &&
         statement.actions == std::vector<std::string>{"kms:*"} &&
         statement.principals.size() == 1 && statement.principals[0].id == everybody_of(owner);
}

}  // namespace

std::string default_resource_policy(ResourceType type, AccountId owner) {
  const policy::Statement statement{
      .effect = policy::Effect::kAllow,
      .actions = {"kms:*"},
      .resources = {"*"},
      .principals = {{policy::PrincipalType::kRam, everybody_of(owner)}},
      .sid =
          type == ResourceType::kSecret ? "kms default secret policy" : "kms default key policy"};
  return policy::to_json({.statements = {statement}, .kind = policy::DocumentKind::kResource});
}

Result<std::string> checked_resource_policy(std::string_view document, AccountId owner) {
  SR_TRY(const policy::Document parsed,
         policy::parse_document(document, policy::DocumentKind::kResource));
  if (parsed.statements.size() == 1 && is_default(parsed.statements[0], owner) &&
      parsed.statements[0].sid.starts_with("kms default ")) {
    return std::string();
  }
  return std::string(document);
}

Result<std::shared_ptr<const policy::PolicySet>> ResourcePolicies::get(const Key& key,
                                                                       AccountId owner,
                                                                       std::string_view document) {
  std::uint64_t hash = 0;
  std::memcpy(&hash, key.resource.bytes().data(), sizeof hash);  // random bits already
  Slot& slot = slots_[hash % kSlots];
  {
    const std::unique_lock lock(slot.mutex, std::try_to_lock);
    if (lock && slot.policy && slot.key == key) return slot.policy;
  }
  auto parsed = policy::parse_stored_document(document, policy::DocumentKind::kResource);
  if (!parsed) {
    return fail(ErrorKind::kCorrupt, "CorruptRecord",
                "The policy in a secret's or key's head is not a document.");
  }
  std::erase_if(parsed->statements, [owner](const policy::Statement& statement) {
    return is_default(statement, owner);
  });
  auto compiled = policy::PolicySet::compile(
      {{.name = "default", .type = "Resource", .document = std::move(*parsed)}});
  const std::unique_lock lock(slot.mutex, std::try_to_lock);
  if (lock) {
    slot.key = key;
    slot.policy = compiled;
  }
  return compiled;
}

}  // namespace strongroom::access
