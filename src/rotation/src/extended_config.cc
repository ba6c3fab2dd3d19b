#include "strongroom/rotation/extended_config.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "strongroom/base/api_error.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"

namespace strongroom::rotation {
namespace {

using secrets::SecretType;

constexpr std::string_view kCustomData = "CustomData";

std::unexpected<Error> invalid(const std::string& hint) {
  return invalid_parameter("ExtendedConfig", hint);
}

std::optional<TextMap> strings_of(const simdjson::dom::element& value) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return std::nullopt;
  TextMap result;
  for (const auto& [key, element] : object) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
    if (!result.emplace(key, text).second) return std::nullopt;
  }
  return result;
}

Result<TextMap> checked_custom_data(const std::optional<TextMap>& custom_data) {
  if (!custom_data) return invalid("CustomData is a JSON object whose values are strings.");
  if (custom_data->size() > limits::kCustomDataMax)
    return invalid("CustomData has at most 10 pairs.");
  return *custom_data;
}

Result<ExtendedConfig> parse(std::string_view json) {
  constexpr std::string_view kForm =
      "It is a JSON object of strings, and CustomData an object of strings in it.";
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
    return invalid(std::string(kForm));
  ExtendedConfig config;
  for (const auto& [key, element] : object) {
    if (key == kCustomData) {
      SR_TRY(config.custom_data, checked_custom_data(strings_of(element)));
      continue;
    }
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS || !config.fields.emplace(key, text).second)
      return invalid(std::string(kForm));
  }
  return config;
}

struct Field {
  std::string_view name;
  bool required = false;
};

constexpr std::array kRds{Field{"DBInstanceId", true}};
constexpr std::array kRedis{Field{"AccountName", true}, Field{"AccountPrivilege", true},
                            Field{"CloneAccountName", true}, Field{"InstanceId", true},
                            Field{"RegionId", true}};
constexpr std::array kPolarDb{Field{"AccountName", true}, Field{"AccountPrivilege"},
                              Field{"AccountType"},       Field{"CloneAccountName"},
                              Field{"DBClusterId", true}, Field{"DBName"},
                              Field{"DBType", true},      Field{"RegionId", true}};
constexpr std::array kRam{Field{"UserName", true}};
constexpr std::array kEcs{Field{"CommandId"}, Field{"InstanceId", true}, Field{"RegionId", true}};

std::span<const Field> fields_of(SecretType type) {
  switch (type) {
    case SecretType::kRds:
      return kRds;
    case SecretType::kRedis:
      return kRedis;
    case SecretType::kPolarDb:
      return kPolarDb;
    case SecretType::kRamCredentials:
      return kRam;
    case SecretType::kEcs:
      return kEcs;
    case SecretType::kGeneric:
      break;
  }
  return {};
}

Result<void> check_one_of(std::string_view value, std::string_view field,
                          std::initializer_list<std::string_view> names) {
  if (std::ranges::find(names, value) != names.end()) return {};
  std::string list;
  for (const std::string_view name : names)
    list += (list.empty() ? "" : " or ") + std::string(name);
  return invalid(std::string(field) + " must be " + list + ".");
}

Result<void> check_sub_type(SecretType type, std::string_view sub_type) {
  const auto one_of = [&](std::initializer_list<std::string_view> names) {
    return check_one_of(sub_type, "SecretSubType", names);
  };
  switch (type) {
    case SecretType::kRds:
      return one_of({"SingleUser", "DoubleUsers"});
    case SecretType::kRedis:
    case SecretType::kPolarDb:
      return one_of({"DoubleUsers"});
    case SecretType::kRamCredentials:
      return one_of({"RamUserAccessKey"});
    case SecretType::kEcs:
      return one_of({"Password", "SSHKey"});
    case SecretType::kGeneric:
      break;
  }
  return {};
}

// "A", "A and B", "A, B and C".
std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

std::string names_of(std::span<const Field> fields) {
  std::vector<std::string_view> names{"SecretSubType"};
  for (const Field& field : fields) names.push_back(field.name);
  names.push_back(kCustomData);
  return listed(names);
}

Result<void> check_fields(SecretType type, const ExtendedConfig& config) {
  const auto known = fields_of(type);
  for (const auto& [name, value] : config.fields) {
    if (name != "SecretSubType" && std::ranges::find(known, name, &Field::name) == known.end()) {
      return invalid("Secrets of this type have no field " + name + ", but " + names_of(known) +
                     ".");
    }
    if (!std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; }))
      return invalid(name + " has printable ASCII characters only.");
  }
  // All at once: whoever writes the first one should not have to try for every field.
  std::vector<std::string_view> missing;
  for (const Field& field : known)
    if (field.required && config.get(field.name).empty()) missing.push_back(field.name);
  if (missing.empty()) return {};
  return invalid((missing.size() == 1 ? "Give it the field " : "Give it the fields ") +
                 listed(missing) + ".");
}

// Never guessed: a name that is misspelt must not give more rights than was meant.
Result<void> check_privilege(const ExtendedConfig& config,
                             std::initializer_list<std::string_view> names) {
  return check_one_of(config.get("AccountPrivilege"), "AccountPrivilege", names);
}

Result<void> check_mysql_account(const ExtendedConfig& config) {
  if (config.get("AccountName").size() > kPairedNameBytesMax)
    return invalid("AccountName has at most 26 characters: its twin's name is longer by _clone.");
  if (config.get("AccountPrivilege").empty() != config.get("DBName").empty())
    return invalid("DBName and AccountPrivilege go together.");
  if (config.get("DBName").empty()) return {};
  return check_privilege(config, {"ReadWrite", "ReadOnly", "DMLOnly", "DDLOnly", "ReadIndex"});
}

Result<void> check_postgres_account(const ExtendedConfig& config) {
  if (config.get("AccountName").size() > kPairedRoleBytesMax)
    return invalid("AccountName has at most 57 characters: its twin's name is longer by _clone.");
  return {};
}

// The twin's name is not the caller's to choose (semantics.md §2.5).
Result<void> check_twin(SecretType type, ExtendedConfig& config) {
  if (type != SecretType::kRedis && type != SecretType::kPolarDb) return {};
  const std::string twin = std::string(config.get("AccountName")) + "_clone";
  std::string& given = config.fields["CloneAccountName"];
  if (given.empty()) given = twin;
  if (given != twin) return invalid("CloneAccountName is the AccountName followed by _clone.");
  if (type == SecretType::kRedis) return check_privilege(config, {"RoleReadOnly", "RoleReadWrite"});
  const std::string_view engine = config.get("DBType");
  if (engine != "MySQL" && engine != "PostgreSQL")
    return invalid("DBType must be MySQL or PostgreSQL.");
  const std::string_view account_type = config.get("AccountType");
  if (!account_type.empty() && account_type != "Normal")
    return invalid("AccountType must be Normal.");
  return engine == "MySQL" ? check_mysql_account(config) : check_postgres_account(config);
}

void write(JsonWriter& json, std::string_view name, const TextMap& map) {
  json.begin_object(name);
  for (const auto& [key, value] : map) json.member(key, value);
  json.end_object();
}

}  // namespace

std::string_view ExtendedConfig::get(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : found->second;
}

std::string_view ExtendedConfig::target() const {
  constexpr std::array<std::string_view, 5> kNames = {"DBInstanceId", "DBClusterId", "InstanceId",
                                                      "UserName", kFunction};
  for (const std::string_view name : kNames)
    if (const std::string_view value = get(name); !value.empty()) return value;
  return {};
}

Result<ExtendedConfig> parse_extended_config(SecretType type, std::string_view json) {
  if (json.empty()) {
    return fail(
        ErrorKind::kInvalidInput, "MissingParameter",
        "The parameter \"ExtendedConfig\" is needed but not provided. It says which account a "
        "managed secret is for.");
  }
  if (!is_utf8(json) || count_characters(json) > limits::kExtendedConfigCharsMax)
    return invalid("It has at most 1024 characters.");
  SR_TRY(ExtendedConfig config, parse(json));
  // Alibaba's own examples spell it both ways (openapi.md §5).
  if (type == SecretType::kRds && config.sub_type() == "DualUser")
    config.fields["SecretSubType"] = "DoubleUsers";
  SR_CHECK_OK(check_sub_type(type, config.sub_type()));
  SR_CHECK_OK(check_fields(type, config));
  SR_CHECK_OK(check_twin(type, config));
  if (type == SecretType::kEcs) config.fields.emplace("CommandId", "");
  return config;
}

Result<ExtendedConfig> function_config(const Function& function) {
  ExtendedConfig config;
  config.fields.emplace(kFunction, function.target);
  if (!function.privileged_secret.empty())
    config.fields.emplace(kPrivilegedSecret, function.privileged_secret);
  SR_TRY(config.custom_data, checked_custom_data(function.parameters));
  if (to_json(config).size() > limits::kExtendedConfigCharsMax)
    return invalid_parameter("Parameters", "All of them together have at most 1024 characters.");
  return config;
}

Result<ExtendedConfig> stored_extended_config(std::string_view json) {
  auto config = parse(json);
  if (!config)
    return fail(ErrorKind::kCorrupt, "CorruptRecord", "A secret's ExtendedConfig does not parse.");
  return config;
}

Result<TextMap> parse_custom_data(std::string_view json) {
  if (json.size() > limits::kExtendedConfigCharsMax) return invalid("It is too long.");
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(json.data(), json.size()).get(element) != simdjson::SUCCESS)
    return checked_custom_data(std::nullopt);
  return checked_custom_data(strings_of(element));
}

std::string to_json(const ExtendedConfig& config) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  bool custom_data_written = false;
  for (const auto& [name, value] : config.fields) {
    if (!custom_data_written && name > kCustomData) {
      write(json, kCustomData, config.custom_data);
      custom_data_written = true;
    }
    json.member(name, value);
  }
  if (!custom_data_written) write(json, kCustomData, config.custom_data);
  json.end_object();
  return text;
}

Shape shape_of(SecretType type, std::string_view sub_type) {
  return {.dual = sub_type == "DoubleUsers",
          .overlaps = type == SecretType::kRamCredentials,
          .creates = type == SecretType::kGeneric,
          .gaps = sub_type == "SingleUser" || sub_type == "Password"};
}

}  // namespace strongroom::rotation
