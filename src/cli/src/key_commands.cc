#include "key_commands.h"

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/asymmetric.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

/// A call that answers nothing but that it was done.
int simple(Session& session, const std::string& what, const ApiCall& call,
           const std::string& done) {
  const auto answer = session.call(what, call);
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, done + "\n", "");
}

std::string state_filter(const std::string& state) {
  if (state.empty()) return {};
  std::string json;
  JsonWriter writer(json);
  writer.begin_array();
  writer.begin_object();
  writer.member("Key", "KeyState");
  writer.begin_array("Values");
  writer.element(state);
  writer.end_array();
  writer.end_object();
  writer.end_array();
  return json;
}

}  // namespace

std::optional<std::string> version_of(Session& session, const std::string& key,
                                      const std::string& given) {
  if (!given.empty()) return given;
  const auto answer =
      session.call_all("list the versions of key " + quoted(key),
                       {"ListKeyVersions", {{"KeyId", key}}}, {"KeyVersions", "KeyVersion"});
  if (!answer) return std::nullopt;
  const auto& versions = answer->json.root()["KeyVersions"]["KeyVersion"].items();
  if (versions.empty()) return std::string();
  return text(versions.back()["KeyVersionId"]);
}

int key_create(Session& session, const KeyOptions& options) {
  ApiCall call{"CreateKey", {}};
  add(call, "KeySpec", options.spec);
  add(call, "KeyUsage", options.usage);
  add(call, "Description", options.description);
  add(call, "DKMSInstanceId", options.instance);
  if (options.external) add(call, "Origin", "EXTERNAL");
  if (!options.rotate.empty()) {
    add(call, "EnableAutomaticRotation", "true");
    add(call, "RotationInterval", options.rotate);
  }
  const auto answer = session.call("create a key", call);
  if (!answer) return session.exit_code();
  const auto& meta = answer->json.root()["KeyMetadata"];
  const std::string id = text(meta["KeyId"]);
  if (!options.alias.empty() &&
      !session.call("name the new key " + id + " " + quoted(options.alias),
                    {"CreateAlias", {{"KeyId", id}, {"AliasName", options.alias}}})) {
    return session.exit_code();
  }
  return session.print_answer(
      *answer,
      pairs({{"Created", id}, {"Spec", text(meta["KeySpec"])}, {"State", text(meta["KeyState"])}}),
      id);
}

int key_list(Session& session, const KeyOptions& options) {
  std::vector<std::vector<std::string>> rows{{"KEY", "ARN"}};
  std::string raw;
  ApiCall call{"ListKeys", {}};
  add(call, "Filters", state_filter(options.state));
  const auto answer = session.call_all("list keys", std::move(call), {"Keys", "Key"});
  if (!answer) return session.exit_code();
  for (const auto& key : answer->json.root()["Keys"]["Key"].items()) {
    rows.push_back({text(key["KeyId"]), text(key["KeyArn"])});
    raw += (raw.empty() ? "" : "\n") + text(key["KeyId"]);
  }
  if (rows.size() == 1) say("No key fits.\n");
  return session.print_answer(*answer, rows.size() == 1 ? "" : columns(rows), raw);
}

int key_show(Session& session, const KeyOptions& options) {
  const auto answer = session.call("describe key " + quoted(options.key),
                                   {"DescribeKey", {{"KeyId", options.key}}});
  if (!answer) return session.exit_code();
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, value] : answer->json.root()["KeyMetadata"].members()) {
    if (!value.text().empty()) rows.emplace_back(std::string(name), text(value));
  }
  return session.print_answer(*answer, pairs(rows),
                              text(answer->json.root()["KeyMetadata"]["KeyState"]));
}

int key_enable(Session& session, const KeyOptions& options) {
  return simple(session, "enable key " + quoted(options.key),
                {"EnableKey", {{"KeyId", options.key}}}, "enabled " + options.key);
}

int key_disable(Session& session, const KeyOptions& options) {
  int code = kOk;
  if (!confirmed(session,
                 "Everything encrypted under this key, secrets too, is unreadable until it is "
                 "enabled again.",
                 "key's id", options.key, code)) {
    return code;
  }
  return simple(session, "disable key " + quoted(options.key),
                {"DisableKey", {{"KeyId", options.key}}}, "disabled " + options.key);
}

int key_remove(Session& session, const KeyOptions& options) {
  int code = kOk;
  if (!confirmed(session,
                 "Everything encrypted under this key, secrets too, is unreadable from now on, and "
                 "lost when the window ends.",
                 "key's id", options.key, code)) {
    return code;
  }
  const auto answer = session.call(
      "delete key " + quoted(options.key),
      {"ScheduleKeyDeletion",
       {{"KeyId", options.key}, {"PendingWindowInDays", std::to_string(options.window_days)}}});
  if (!answer) return session.exit_code();
  const std::string warning = text(answer->json.root()["Warning"]);
  if (!warning.empty()) say("warning: " + warning + "\n");
  say("undo: strongroom key restore " + options.key + "\n");
  return session.print_answer(
      *answer, pairs({{"Deletes", options.key}, {"In days", std::to_string(options.window_days)}}),
      "");
}

int key_restore(Session& session, const KeyOptions& options) {
  return simple(session, "keep key " + quoted(options.key),
                {"CancelKeyDeletion", {{"KeyId", options.key}}}, "kept " + options.key);
}

int key_versions(Session& session, const KeyOptions& options) {
  const auto answer = session.call_all("list the versions of key " + quoted(options.key),
                                       {"ListKeyVersions", {{"KeyId", options.key}}},
                                       {"KeyVersions", "KeyVersion"});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"VERSION", "CREATED"}};
  std::string raw;
  for (const auto& version : answer->json.root()["KeyVersions"]["KeyVersion"].items()) {
    rows.push_back({text(version["KeyVersionId"]), text(version["CreationDate"])});
    raw += (raw.empty() ? "" : "\n") + text(version["KeyVersionId"]);
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int key_new_version(Session& session, const KeyOptions& options) {
  const auto answer = session.call("make a version of key " + quoted(options.key),
                                   {"CreateKeyVersion", {{"KeyId", options.key}}});
  if (!answer) return session.exit_code();
  const std::string id = text(answer->json.root()["KeyVersion"]["KeyVersionId"]);
  return session.print_answer(*answer, pairs({{"Version", id}}), id);
}

int key_rotate(Session& session, const KeyOptions& options) {
  if (options.off == !options.rotate.empty()) {
    return session.misused("it is not said whether the key rotates, and how often",
                           "automatic rotation is turned on with --every, or off with --off",
                           "strongroom key rotate KEY --every 365d");
  }
  ApiCall call{
      "UpdateRotationPolicy",
      {{"KeyId", options.key}, {"EnableAutomaticRotation", options.off ? "false" : "true"}}};
  add(call, "RotationInterval", options.rotate);
  return simple(session, "set the rotation of key " + quoted(options.key), call,
                options.off ? "no automatic rotation" : "rotates every " + options.rotate);
}

int key_protect(Session& session, const KeyOptions& options) {
  ApiCall call{
      "SetDeletionProtection",
      {{"KeyId", options.key}, {"EnableDeletionProtection", options.off ? "false" : "true"}}};
  add(call, "DeletionProtectionDescription", options.description);
  return simple(session, "protect key " + quoted(options.key), call,
                options.off ? "no deletion protection" : "protected from deletion");
}

int key_import(Session& session, const KeyOptions& options) {
  const auto material =
      options.file.empty() ? read_standard_input() : read_value_file(options.file);
  if (!material) {
    return session.failed(explain("there is no key material", material.error()), kUsage);
  }
  const auto with =
      session.call("get a key to wrap with", {"GetParametersForImport",
                                              {{"KeyId", options.key},
                                               {"WrappingKeySpec", "RSA_2048"},
                                               {"WrappingAlgorithm", "RSAES_OAEP_SHA_256"}}});
  if (!with) return session.exit_code();
  const auto der = base64_decode(with->json.root()["PublicKey"].text());
  auto key = crypto::PublicKey::from_spki(as_bytes(der.value_or("")));
  if (!key) return session.failed("cannot read the server's wrapping key", key.error());
  const auto wrapped = key->encrypt(crypto::EncryptionScheme::kRsaOaepSha256, *material);
  if (!wrapped) return session.failed("cannot wrap the key material", wrapped.error());
  constexpr std::int64_t kDaySeconds = kMillisPerDay / kMillisPerSecond;
  const std::int64_t expires =
      options.days > 0 ? session.clock().now().unix_seconds() + options.days * kDaySeconds : 0;
  return simple(session, "import material into key " + quoted(options.key),
                {"ImportKeyMaterial",
                 {{"KeyId", options.key},
                  {"ImportToken", text(with->json.root()["ImportToken"])},
                  {"EncryptedKeyMaterial", base64_encode(as_bytes(*wrapped))},
                  {"KeyMaterialExpireUnix", std::to_string(expires)}}},
                "imported into " + options.key);
}

int key_forget_material(Session& session, const KeyOptions& options) {
  int code = kOk;
  if (!confirmed(session,
                 "Everything encrypted under this key, secrets too, is unreadable until the very "
                 "same bytes are imported again.",
                 "key's id", options.key, code)) {
    return code;
  }
  return simple(session, "delete the material of key " + quoted(options.key),
                {"DeleteKeyMaterial", {{"KeyId", options.key}}},
                "deleted the material of " + options.key);
}

int key_public(Session& session, const KeyOptions& options) {
  const auto version = version_of(session, options.key, options.version);
  if (!version) return session.exit_code();
  const auto answer =
      session.call("read the public half of key " + quoted(options.key),
                   {"GetPublicKey", {{"KeyId", options.key}, {"KeyVersionId", *version}}});
  if (!answer) return session.exit_code();
  const std::string pem = text(answer->json.root()["PublicKey"]);
  return session.print_answer(*answer, pem, pem);
}

int alias_set(Session& session, const KeyOptions& options) {
  const auto listed =
      session.call_all("look the alias up", {"ListAliases", {}}, {"Aliases", "Alias"});
  if (!listed) return session.exit_code();
  bool exists = false;
  for (const auto& alias : listed->json.root()["Aliases"]["Alias"].items()) {
    exists = exists || alias["AliasName"].text() == options.alias;
  }
  return simple(session, "name key " + quoted(options.key),
                {exists ? "UpdateAlias" : "CreateAlias",
                 {{"AliasName", options.alias}, {"KeyId", options.key}}},
                options.alias + " is " + options.key);
}

int alias_remove(Session& session, const KeyOptions& options) {
  int code = kOk;
  if (!confirmed(session,
                 "Whoever names the key by " + options.alias +
                     " is refused from now on; the key itself stays.",
                 "alias", options.alias, code)) {
    return code;
  }
  return simple(session, "remove alias " + quoted(options.alias),
                {"DeleteAlias", {{"AliasName", options.alias}}}, "removed " + options.alias);
}

int alias_list(Session& session, const KeyOptions& options) {
  std::vector<std::vector<std::string>> rows{{"ALIAS", "KEY"}};
  std::string raw;
  ApiCall call{options.key.empty() ? "ListAliases" : "ListAliasesByKeyId", {}};
  add(call, "KeyId", options.key);
  const auto answer = session.call_all("list aliases", std::move(call), {"Aliases", "Alias"});
  if (!answer) return session.exit_code();
  for (const auto& alias : answer->json.root()["Aliases"]["Alias"].items()) {
    rows.push_back({text(alias["AliasName"]), text(alias["KeyId"])});
    raw += (raw.empty() ? "" : "\n") + text(alias["AliasName"]);
  }
  return session.print_answer(*answer, columns(rows), raw);
}

}  // namespace strongroom::cli
