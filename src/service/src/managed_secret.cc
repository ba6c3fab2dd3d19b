#include "managed_secret.h"

#include <algorithm>
#include <array>

#include "intervals.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "strongroom/targets/targets.h"

namespace strongroom::service {
namespace {

using secrets::SecretType;

constexpr std::array kTypes{SecretType::kGeneric,        SecretType::kRds, SecretType::kRedis,
                            SecretType::kRamCredentials, SecretType::kEcs, SecretType::kPolarDb};
constexpr std::string_view kAuto = "$Auto";
constexpr std::string_view kCustomDataParameter = "ExtendedConfig.CustomData";

bool may_be_named(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_/+=.-@").find(c) != std::string_view::npos;
  });
}

/// Whether the user is registered as one of the cloud's RAM, whose keys cannot be seen from here.
Result<bool> is_of_the_cloud(Call& call, std::string_view user_name) {
  if (call.engines.targets == nullptr) return false;
  const auto target = call.engines.targets->find(call.reader, call.account(), user_name);
  if (target) return target->kind == connector::Kind::kCloudRam;
  if (target.error().kind() == ErrorKind::kNotFound) return false;
  return std::unexpected(target.error());
}

/// The user exists, its keys are those that SecretData lists, and the caller may make keys for it.
Result<std::string> ram_secret_name(Call& call, std::string_view user_name,
                                    const SecretBytes& data) {
  SR_CHECK_OK(call.authorize("ram:CreateAccessKey", "acs:ram:*:" + call.account().text() +
                                                        ":user/" + std::string(user_name)));
  SR_TRY(const bool of_the_cloud, is_of_the_cloud(call, user_name));
  if (of_the_cloud) return "acs/ram/user/" + std::string(user_name);
  identity::Directory& directory = call.engines.directory;
  SR_TRY(const identity::User user, directory.get_user(call.reader, call.account(), user_name));
  SR_TRY(const auto keys, directory.list_access_keys(call.reader, {call.account(), user_name}));
  SR_TRY(const auto given, rotation::parse_given({SecretType::kRamCredentials, ""}, data));
  std::vector<std::string> expected;
  std::vector<std::string> listed;
  for (const auto& key : keys) expected.push_back(key.id);
  for (const auto& credential : given) listed.push_back(credential.public_part);
  std::ranges::sort(expected);
  std::ranges::sort(listed);
  if (expected.empty() || expected != listed) {
    return invalid_parameter(
        "SecretData", "It lists every AccessKey of the RAM user, and there is one at least.");
  }
  return "acs/ram/user/" +
         (may_be_named(user.display_name) ? user.display_name : std::string(user_name));
}

Result<std::string> managed_name(Call& call, const rotation::ExtendedConfig& config,
                                 std::string_view asked_name, const SecretBytes& data) {
  if (config.sub_type() != "RamUserAccessKey") return std::string(asked_name);
  if (asked_name != kAuto)
    return invalid_parameter("SecretName", "For RAM secrets it is the literal $Auto.");
  return ram_secret_name(call, config.get("UserName"), data);
}

Result<secrets::Rotation> schedule_of(Call& call) {
  secrets::Rotation rotation;
  SR_TRY(const bool automatic, call.parameters.boolean("EnableAutomaticRotation", false));
  if (!automatic) return rotation;
  SR_TRY(const std::string_view text, call.parameters.required("RotationInterval"));
  SR_TRY(rotation.interval_seconds, parse_interval("RotationInterval", text));
  SR_CHECK_OK(call.engines.rotations->check_interval(rotation.interval_seconds));
  rotation.automatic = secrets::Automatic::kEnabled;
  rotation.next = {call.now.unix_ms + rotation.interval_seconds * kMillisPerSecond};
  return rotation;
}

}  // namespace

bool may_reset_accounts(const Call& call, AccountId owner, SecretType type,
                        const rotation::ExtendedConfig& config) {
  const std::string place = ":" + call.region() + ":" + owner.text() + ":";
  const std::string target(config.target());
  if (type == SecretType::kRds)
    return call.may("rds:ResetAccountPassword", "acs:rds" + place + "dbinstance/" + target);
  if (type == SecretType::kEcs)
    return call.may("ecs:RunCommand", "acs:ecs" + place + "instance/" + target);
  return true;  // accounts that the server makes; RAM was judged on its own
}

Result<SecretType> secret_type_of(const Parameters& parameters) {
  const std::string_view text = parameters.text("SecretType");
  if (text.empty()) return SecretType::kGeneric;
  for (const SecretType type : kTypes)
    if (secrets::to_text(type) == text) return type;
  return invalid_parameter("SecretType",
                           "It is Generic, Rds, Redis, RAMCredentials, ECS or PolarDB.");
}

Result<ManagedRequest> managed_request_of(Call& call, SecretType type, std::string_view asked_name,
                                          const SecretBytes& data) {
  if (call.engines.rotations == nullptr) {
    return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
                "This action is not supported. This server keeps no managed secrets.");
  }
  if (call.parameters.text("SecretDataType", "text") == "binary")
    return invalid_parameter("SecretDataType", "Managed secrets are text.");
  ManagedRequest request;
  request.type = type;
  SR_TRY(request.config,
         rotation::parse_extended_config(type, call.parameters.text("ExtendedConfig")));
  if (type == SecretType::kEcs && request.config.get("RegionId") != call.engines.region)
    return invalid_parameter("ExtendedConfig", "RegionId is that of the secret: " +
                                                   std::string(call.engines.region) + ".");
  SR_TRY(request.rotation, schedule_of(call));
  SR_TRY(request.name, managed_name(call, request.config, asked_name, data));
  SR_TRY(request.values, call.engines.rotations->first_values(
                             {call.account(), request.name, type, request.config}, data, call.now));
  request.values.unproven = !may_reset_accounts(call, call.account(), type, request.config);
  return request;
}

void ManagedRequest::complete(Call& call, secrets::NewSecret& wanted) const {
  wanted.type = type;
  wanted.extended_config = rotation::to_json(config);
  wanted.rotation = rotation;
  if (!values.previous) return;
  wanted.previous_id = Uuid::generate(call.engines.random).lower();
  wanted.previous_value = &*values.previous;
}

Result<std::optional<rotation::TextMap>> custom_data_of(const Parameters& parameters) {
  if (const auto text = parameters.find(kCustomDataParameter)) {
    SR_TRY(rotation::TextMap map, rotation::parse_custom_data(text->empty() ? "{}" : *text));
    return map;
  }
  rotation::TextMap map;
  bool given = false;
  for (const NameValue& parameter : parameters.all()) {
    if (!parameter.name.starts_with("ExtendedConfig")) continue;
    given = true;
    const std::string_view key =
        parameter.name.substr(std::min(parameter.name.size(), kCustomDataParameter.size() + 1));
    if (!parameter.name.starts_with(kCustomDataParameter) || key.empty())
      return invalid_parameter("ExtendedConfig", "UpdateSecret changes its CustomData alone.");
    map.emplace(key, parameter.value);
  }
  if (map.size() > limits::kCustomDataMax)
    return invalid_parameter("ExtendedConfig.CustomData", "It has at most 10 pairs.");
  if (!given) return std::nullopt;
  return map;
}

Result<std::string> with_custom_data(std::string_view extended_config,
                                     const rotation::TextMap& custom_data) {
  SR_TRY(rotation::ExtendedConfig config, rotation::stored_extended_config(extended_config));
  config.custom_data = custom_data;
  std::string json = rotation::to_json(config);
  if (json.size() > limits::kExtendedConfigCharsMax)
    return invalid_parameter("ExtendedConfig", "It has at most 1024 characters.");
  return json;
}

}  // namespace strongroom::service
