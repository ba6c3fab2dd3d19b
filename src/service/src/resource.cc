#include "resource.h"

#include <charconv>
#include <initializer_list>
#include <utility>

#include "key_rights.h"

namespace strongroom::service {
namespace {

// acs:<service>:<region>:<account>:<resource>, the resource in pieces. One allocation: every call
// comes here.
std::string arn_of(const Call& call, std::string_view service, std::string_view region,
                   std::initializer_list<std::string_view> resource) {
  std::array<char, 20> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), call.account().number()).ptr;
  std::size_t size = service.size() + region.size() + digits.size() + 8;
  for (const std::string_view piece : resource) size += piece.size();
  std::string arn;
  arn.reserve(size);
  arn.append("acs:").append(service).append(":").append(region).append(":");
  arn.append(digits.data(), end).append(":");
  for (const std::string_view piece : resource) arn.append(piece);
  return arn;
}

std::string kms_arn(const Call& call, std::initializer_list<std::string_view> resource) {
  return arn_of(call, "kms", call.region(), resource);
}

void add(Target& target, std::string arn) {
  target.arns[target.arn_count++] = std::move(arn);
}

// A secret or key named by `text`: a bare name, or an ARN whose own account and region are judged
// and later not found unless they are ours.
Result<Target> named_target(const Call& call, std::string_view kind, std::string_view text) {
  Target target{.arns = {}, .arn_count = 0, .name = text, .account = call.account()};
  const auto arn = split_arn(text);
  if (!arn) {
    const bool alias = kind == "key/" && text.starts_with("alias/");
    add(target, kms_arn(call, {alias ? std::string_view() : kind, text}));
    return target;
  }
  const auto account = AccountId::parse(arn->account);
  if (call.operation.resource == ResourceKind::kKey && names_alias(text)) return alias_refused();
  const bool alias =
      call.operation.resource == ResourceKind::kKeyOrAlias && arn->resource.starts_with("alias/");
  if (arn->service != "kms" || !account || !(alias || arn->resource.starts_with(kind))) {
    return invalid_parameter(
        call.operation.resource_parameter,
        "It must be a name or an ARN acs:kms:<region>:<account>:" + std::string(kind) + "<name>.");
  }
  target.account = *account;
  add(target, std::string(text));
  target.name = alias ? arn->resource : arn->resource.substr(kind.size());
  if (arn->region != call.region()) target.name = {};  // nothing of ours has an empty name
  return target;
}

Result<Target> bare_target(const Call& call, std::string_view kind) {
  SR_TRY(const std::string_view name, call.parameters.required(call.operation.resource_parameter));
  Target target{.arns = {}, .arn_count = 0, .name = name, .account = call.account()};
  add(target, kms_arn(call, {kind, name}));
  return target;
}

}  // namespace

std::optional<Arn> split_arn(std::string_view text) {
  if (!text.starts_with("acs:")) return std::nullopt;
  text.remove_prefix(4);
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  return Arn{fields[0], fields[1], fields[2], text};
}

Named named_in_arn(const Call& call, std::string_view kind, std::string_view arn) {
  const auto parts = split_arn(arn);
  const auto owner = account_of_arn(arn);
  if (!parts || !owner || parts->service != "kms" || parts->region != call.region() ||
      !parts->resource.starts_with(kind)) {
    return {call.account(), {}};
  }
  return {*owner, parts->resource.substr(kind.size())};
}

std::optional<AccountId> account_of_arn(std::string_view arn) {
  const auto parts = split_arn(arn);
  return parts ? AccountId::parse(parts->account) : std::nullopt;
}

Result<Target> resolve_target(const Call& call) {
  const Operation& row = call.operation;
  Target target{.arns = {}, .arn_count = 0, .name = {}, .account = call.account()};
  switch (row.resource) {
    case ResourceKind::kNone:
    case ResourceKind::kByHandler:
      return target;
    case ResourceKind::kAll:
      add(target, arn_of(call, row.api.prefix, call.region(), {"*"}));
      return target;
    case ResourceKind::kSecretContainer:
      add(target, kms_arn(call, {"secret"}));
      add(target, kms_arn(call, {"secret/*"}));
      return target;
    case ResourceKind::kKeyContainer:
      add(target, kms_arn(call, {"key"}));
      add(target, kms_arn(call, {"key/*"}));
      return target;
    case ResourceKind::kAliasContainer:
      add(target, kms_arn(call, {"alias"}));
      add(target, kms_arn(call, {"alias/*"}));
      return target;
    case ResourceKind::kSecret: {
      SR_TRY(const std::string_view text, call.parameters.required(row.resource_parameter));
      return named_target(call, "secret/", text);
    }
    case ResourceKind::kKey:
    case ResourceKind::kKeyOrAlias: {
      SR_TRY(const std::string_view text, call.parameters.required(row.resource_parameter));
      return named_target(call, "key/", text);
    }
    case ResourceKind::kInstance: {
      SR_TRY(const std::string_view text, call.parameters.required(row.resource_parameter));
      return named_target(call, "keystore/", text);
    }
    case ResourceKind::kNetworkRule:
      return bare_target(call, "network/");
    case ResourceKind::kAccessPolicy:
      return bare_target(call, "policy/");
    case ResourceKind::kAccessPoint:
      return bare_target(call, "applicationaccesspoint/");
    case ResourceKind::kRamUser: {
      const std::string_view name =
          call.parameters.find(row.resource_parameter).value_or(call.principal.name);
      target.name = name;
      add(target, arn_of(call, "ram", "*", {"user/", name}));
      return target;
    }
  }
  return internal_error("a resource kind without a rule");
}

}  // namespace strongroom::service
