#include "strongroom/targets/targets.h"

#include <algorithm>

#include "record.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/limits.h"
#include "strongroom/dial/connection.h"
#include "strongroom/dial/url.h"

namespace strongroom::targets {
namespace {

using barrier::RecordType;
using connector::Kind;

std::unexpected<Error> not_found(std::string_view id) {
  return fail(
      ErrorKind::kNotFound, "EntityNotExist.Target",
      "No target " + std::string(id) + " is registered; register it with `strongroom target add`.");
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= limits::kTargetIdBytesMax &&
         std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

int port_of(Kind kind) {
  constexpr int kMysqlPort = 3306;
  constexpr int kPostgresPort = 5432;
  constexpr int kRedisPort = 6379;
  constexpr int kSshPort = 22;
  switch (kind) {
    case Kind::kMysql:
      return kMysqlPort;
    case Kind::kPostgres:
      return kPostgresPort;
    case Kind::kRedis:
      return kRedisPort;
    case Kind::kSsh:
      return kSshPort;
    default:
      return 0;
  }
}

/// "[::1]" and "db" have no port; "[::1]:5" and "db:5" have.
bool has_port(std::string_view address) {
  const std::size_t bracket = address.rfind(']');
  return address.find(':', bracket == std::string_view::npos ? 0 : bracket) !=
         std::string_view::npos;
}

/// Whether it is an endpoint of the cloud's OpenAPI.
bool is_cloud(Kind kind) {
  return kind == Kind::kCloudRds || kind == Kind::kCloudRam || kind == Kind::kCloudEcs;
}

/// Whether it is where a function of the user is: then the form of its address is another one.
bool is_function(Kind kind) {
  return kind == Kind::kHttp || kind == Kind::kFunctionCompute || kind == Kind::kExecutable;
}

std::string_view option_of(const Target& target, std::string_view name) {
  const auto found = std::ranges::find(target.options, name, [](const auto& o) { return o.first; });
  return found == target.options.end() ? std::string_view() : std::string_view(found->second);
}

bool is_header_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<void> check_cloud(Target& target) {
  std::string& address = target.where.address;
  if (!address.starts_with("https://")) address = "https://" + address;
  const auto url = dial::parse_https_url(address);
  if (!url || url->path != "/")
    return invalid_parameter("Address",
                             "It is the product's endpoint: rds.cn-hangzhou.aliyuncs.com.");
  if (target.admin.account.empty() || target.admin.secret.empty())
    return invalid_parameter("AdminSecret",
                             "The cloud is asked with an AccessKey: give its id as the admin and "
                             "its secret.");
  if (!is_header_text(target.admin.account))
    return invalid_parameter("AdminAccount", "It is an AccessKeyId.");
  if (target.kind != Kind::kCloudRam && option_of(target, "login").empty())
    return invalid_parameter(
        "Options",
        "Say where a new credential can be tried: login=HOST:PORT, or login=none if that cannot "
        "be reached from here and the cloud's word has to do.");
  return {};
}

Result<void> check_function(const Target& target) {
  const connector::Target& where = target.where;
  if (target.kind == Kind::kExecutable) {
    if (where.address.starts_with('/')) return {};
    return invalid_parameter("Address", "It is the absolute path of the program.");
  }
  if (!dial::parse_https_url(where.address))
    return invalid_parameter("Address", "It is https://host[:port]/path.");
  if (target.admin.account.empty() || target.admin.secret.empty())
    return invalid_parameter("AdminSecret",
                             "A function that is called over the network needs the id and the "
                             "secret that its calls are signed with.");
  // They become header fields.
  if (!is_header_text(target.admin.account))
    return invalid_parameter("AdminAccount", "It has printable ASCII characters only.");
  return {};
}

Result<void> check_account_system(Target& target) {
  const int port = port_of(target.kind);
  if (!has_port(target.where.address)) target.where.address += ":" + std::to_string(port);
  if (const auto address = dial::parse_target(target.where.address); !address)
    return invalid_parameter("Address", address.error().message());
  if (target.admin.account.empty())
    return invalid_parameter("AdminAccount", "A target needs an account that may change others.");
  if (target.admin.secret.empty())
    return invalid_parameter("AdminSecret", "The admin account needs its password or private key.");
  return {};
}

bool fits(const Target& target) {
  const connector::Target& where = target.where;
  const auto small = {std::string_view(where.address), std::string_view(where.tls_name),
                      std::string_view(where.tls_pin), std::string_view(target.admin.account),
                      std::string_view(target.owner_role)};
  std::size_t options = 0;
  for (const auto& [name, value] : target.options) options += name.size() + value.size();
  return std::ranges::all_of(
             small,
             [](std::string_view text) { return text.size() <= limits::kTargetIdBytesMax * 2; }) &&
         where.tls_roots.size() <= limits::kTargetFieldBytesMax &&
         where.host_keys.size() <= limits::kTargetFieldBytesMax &&
         target.admin.public_part.size() + options <= limits::kTargetFieldBytesMax &&
         target.admin.secret.size() <= limits::kTargetFieldBytesMax;
}

Result<void> check_tls(const Target& target) {
  const connector::Target& where = target.where;
  if (!where.tls.empty() && where.tls != "required" && where.tls != "disabled")
    return invalid_parameter("Tls", "It is required or disabled.");
  if (!where.tls_roots.empty() &&
      where.tls_roots.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    return invalid_parameter("TlsRoots", "It must be certificates in PEM.");
  const bool by_ssh = target.kind == Kind::kSsh ||
                      (target.kind == Kind::kCloudEcs && option_of(target, "login") != "none");
  if (by_ssh && where.host_keys.empty())
    return invalid_parameter("HostKeys",
                             "A host is known by its key: give its line of ssh-keyscan.");
  return {};
}

}  // namespace

Result<Target> checked(Target target) {
  if (!is_id(target.where.name))
    return invalid_parameter("TargetId",
                             "It must be 1 to 128 of letters, digits, \".\", \"_\" and \"-\".");
  if (port_of(target.kind) == 0 && !is_function(target.kind) && !is_cloud(target.kind))
    return invalid_parameter("Kind", kKinds);
  if (!fits(target)) return invalid_parameter("Target", "A field of it is too long.");
  SR_CHECK_OK(is_function(target.kind) ? check_function(target)
              : is_cloud(target.kind)  ? check_cloud(target)
                                       : check_account_system(target));
  SR_CHECK_OK(check_tls(target));
  return target;
}

Result<Target> Targets::find(barrier::Reader& reader, AccountId account,
                             std::string_view id) const {
  if (!is_id(id)) return not_found(id.substr(0, limits::kTargetIdBytesMax));
  const auto record = reader.read({RecordType::kTarget, account, id});
  if (!record && record.error().kind() == ErrorKind::kNotFound) return not_found(id);
  if (!record) return std::unexpected(record.error());
  return decode(*record);
}

Result<void> Targets::save(barrier::Transaction& transaction, Target target, Instant now) {
  const auto before = find(transaction, target.account, target.where.name);
  if (!before && before.error().kind() != ErrorKind::kNotFound)
    return std::unexpected(before.error());
  if (!before && index_.count(target.account) >= limits::kTargetsPerAccountMax)
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The account has the most targets that it may have.");
  target.uuid = before ? before->uuid : Uuid::generate(random_);
  target.created = before ? before->created : now;
  target.modified = now;
  put(transaction, target);
  transaction.after_commit(
      [this, account = target.account, id = target.where.name] { index_.add(account, id); });
  return {};
}

Result<void> Targets::remove(barrier::Transaction& transaction, AccountId account,
                             std::string_view id) {
  SR_TRY(const Target target, find(transaction, account, id));
  transaction.remove({RecordType::kTarget, account, id});
  transaction.after_commit(
      [this, account, name = std::string(id)] { index_.remove(account, name); });
  return {};
}

std::vector<barrier::Visit> Targets::index_visits() {
  const auto visit = [this](const barrier::RecordRef& record) -> Result<void> {
    SR_TRY(const Target target, decode(record));
    index_.add_while_building(target.account, target.where.name);
    return {};
  };
  return {{RecordType::kTarget, visit, [this] { index_.finish_building(); }}};
}

}  // namespace strongroom::targets
