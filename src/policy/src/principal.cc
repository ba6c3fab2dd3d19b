#include "principal.h"

#include <algorithm>
#include <optional>

#include "strongroom/base/ids.h"

namespace strongroom::policy {
namespace {

constexpr std::string_view kRamPrefix = "acs:ram::";
constexpr std::size_t kAccountDigits = 16;
constexpr std::size_t kNameCharsMax = 128;

struct RamName {
  std::string_view head;  // "acs:ram::1000000000000001:"
  std::string_view tail;  // "user/bob"
};

std::optional<RamName> split(std::string_view id) {
  constexpr std::size_t kHead = kRamPrefix.size() + kAccountDigits + 1;
  if (id.size() <= kHead || !id.starts_with(kRamPrefix) || id[kHead - 1] != ':')
    return std::nullopt;
  if (!AccountId::parse(id.substr(kRamPrefix.size(), kAccountDigits))) return std::nullopt;
  return RamName{id.substr(0, kHead), id.substr(kHead)};
}

// A name after `kind` ("user/"): no wildcard, no further path.
bool names_one(std::string_view tail, std::string_view kind) {
  if (!tail.starts_with(kind)) return false;
  const std::string_view name = tail.substr(kind.size());
  return !name.empty() && name.size() <= kNameCharsMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  });
}

bool is_service(std::string_view id) {
  return !id.empty() && id.size() <= kNameCharsMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

std::string_view principal_type_name(PrincipalType type) {
  switch (type) {
    case PrincipalType::kRam:
      return "RAM";
    case PrincipalType::kService:
      return "Service";
    case PrincipalType::kFederated:
      return "Federated";
  }
  return "";
}

std::string_view principal_problem(PrincipalType type, std::string_view id) {
  if (type == PrincipalType::kService) {
    return is_service(id) ? "" : "must be a service such as \"ecs.aliyuncs.com\"";
  }
  const auto name = split(id);
  if (type == PrincipalType::kFederated) {
    const bool good = name && (names_one(name->tail, "oidc-provider/") ||
                               names_one(name->tail, "saml-provider/"));
    return good ? ""
                : "must be \"acs:ram::<account>:oidc-provider/<name>\" or saml-provider/<name>";
  }
  const bool good = name && (name->tail == "*" || name->tail == "root" ||
                             names_one(name->tail, "user/") || names_one(name->tail, "role/"));
  return good ? ""
              : "must be \"acs:ram::<account>:root\", \":user/<name>\", \":role/<name>\" or "
                "\":*\", with a 16-digit account";
}

PrincipalPattern::PrincipalPattern(const PrincipalElement& element, DocumentKind kind)
    : type_(element.type), id_(element.id) {
  if (!principal_problem(element.type, element.id).empty()) {
    scope_ = Scope::kNobody;
    return;
  }
  if (type_ != PrincipalType::kRam) return;
  const RamName name = *split(element.id);
  const bool everybody = name.tail == "*" || (name.tail == "root" && kind == DocumentKind::kTrust);
  constexpr std::string_view kRole = "role/";
  if (everybody) {
    scope_ = Scope::kAccount;
  } else if (name.tail.starts_with(kRole)) {
    scope_ = Scope::kRole;
    role_ = name.tail.substr(kRole.size());
  } else {
    return;
  }
  id_ = name.head;
}

bool PrincipalPattern::matches(const PrincipalName& name) const {
  if (name.type != type_ || scope_ == Scope::kNobody) return false;
  if (scope_ == Scope::kExact) return name.id == id_;
  if (!name.id.starts_with(id_)) return false;
  std::string_view tail = name.id.substr(id_.size());
  if (scope_ == Scope::kAccount) return !tail.empty();
  for (const std::string_view kind : {"role/", "assumed-role/"}) {
    if (!tail.starts_with(kind)) continue;
    tail.remove_prefix(kind.size());
    return tail.starts_with(role_) && (tail.size() == role_.size() || tail[role_.size()] == '/');
  }
  return false;
}

}  // namespace strongroom::policy
