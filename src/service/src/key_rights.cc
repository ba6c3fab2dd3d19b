#include "key_rights.h"

#include "instance_rules.h"
#include "resource.h"

namespace strongroom::service {

KeyName key_named(const Call& call, std::string_view text) {
  const keys::Keys& keys = call.engines.keys;
  if (!text.starts_with("acs:")) return {keys.arn(call.account(), text), text};
  const std::string ours = keys.arn(call.account(), "");
  if (text.starts_with(ours)) return {std::string(text), text.substr(ours.size())};
  return {std::string(text), {}};
}

namespace {

Result<void> refuse_alias(const Call& call) {
  if (!call.resource_name().starts_with("alias/")) return {};
  if (call.operation.resource == ResourceKind::kKeyOrAlias) {
    return fail(ErrorKind::kNotFound, "Forbidden.AliasNotFound",
                "The specified Alias is not found. List the aliases with ListAliases.");
  }
  return alias_refused();
}

/// "alias/x" of that or of its ARN in the caller's account; empty for all else.
std::string_view own_alias(const Call& call, std::string_view text) {
  if (text.starts_with("alias/")) return text;
  const auto arn = split_arn(text);
  if (!arn || !arn->resource.starts_with("alias/")) return {};
  return text == call.engines.keys.alias_arn(call.account(), arn->resource) ? arn->resource
                                                                            : std::string_view();
}

}  // namespace

bool names_alias(std::string_view text) {
  const auto arn = split_arn(text);
  return (arn ? arn->resource : text).starts_with("alias/");
}

std::unexpected<Error> alias_refused() {
  return fail(ErrorKind::kInvalidInput, "Unsupported.Alias",
              "Alias is not valid for this api. Name the key by its id.");
}

Result<keys::Key> named_key(Call& call) {
  SR_CHECK_OK(refuse_alias(call));
  call.note_key(call.resource_name());
  return call.engines.keys.find(call.reader, call.account(), call.resource_name());
}

Result<keys::UseStatus> require_usable_place(Call& call, const Named& key) {
  SR_TRY(keys::UseStatus use, call.engines.keys.status(call.reader, key.owner, key.name));
  if (is_elsewhere(call, use.instance_id)) {
    return fail(ErrorKind::kNotFound, "Forbidden.KeyNotFound",
                "The key Key ID or Alias does not exist in the key store \"" +
                    std::string(call.gateway()) + "\".");
  }
  if (!use.instance_id.empty()) SR_CHECK_OK(require_instance_of(call, key.owner, use.instance_id));
  return use;
}

Result<UsableKey> named_usable_key(Call& call) {
  SR_CHECK_OK(refuse_alias(call));
  const Named target = call.target();
  call.note_key(target.name);
  SR_TRY(const keys::UseStatus use, require_usable_place(call, target));
  return UsableKey{target, use.spec};
}

Result<JudgedKey> judged_key(Call& call, std::string_view action, std::string_view text) {
  keys::Keys& keys = call.engines.keys;
  std::string id(text);
  if (const std::string_view alias = own_alias(call, text); !alias.empty()) {
    auto found = keys.key_of_alias(call.reader, call.account(), alias);
    if (!found) {
      if (found.error().kind() == ErrorKind::kNotFound) {
        SR_CHECK_OK(call.authorize(action, keys.alias_arn(call.account(), alias)));
      }
      return std::unexpected(found.error());
    }
    id = std::move(*found);
  }
  const KeyName name = key_named(call, id);
  SR_CHECK_OK(call.authorize(action, name.arn));
  const Named key =
      name.id.empty() ? named_in_arn(call, "key/", name.arn) : Named{call.account(), name.id};
  call.note_key(key.name);
  SR_CHECK_OK(require_usable_place(call, key));
  return JudgedKey{key.owner, std::string(key.name)};
}

Result<void> authorize_key(Call& call, std::string_view action, const Named& key) {
  call.note_key(key.name);
  return call.authorize(action, call.engines.keys.arn(key.owner, key.name));
}

}  // namespace strongroom::service
