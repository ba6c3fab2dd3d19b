#include "key_rights.h"

namespace strongroom::service {

KeyName key_named(const Call& call, std::string_view text) {
  const keys::Keys& keys = call.engines.keys;
  if (!text.starts_with("acs:")) return {keys.arn(call.account(), text), text};
  const std::string ours = keys.arn(call.account(), "");
  if (text.starts_with(ours)) return {std::string(text), text.substr(ours.size())};
  return {std::string(text), {}};
}

Result<void> authorize_key(Call& call, std::string_view action, const Named& key) {
  call.note_key(key.name);
  return call.authorize(action, call.engines.keys.arn(key.owner, key.name));
}

}  // namespace strongroom::service
