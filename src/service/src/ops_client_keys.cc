// Client keys of access points (openapi.md §11.4), and the console's quick creation (semantics.md
// §5.2) as one action of ours.

#include <span>
#include <string>
#include <vector>

#include "secret_answers.h"
#include "still_reading.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/instances/instances.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::int64_t kDefaultPageSize = 20;

Result<Instant> time_of(const Parameters& p, std::string_view name) {
  const std::string_view text = p.text(name);
  if (text.empty()) return Instant{};
  const auto time = parse_utc(text);
  if (!time) return invalid_parameter(name, "It must be UTC: 2026-01-31T23:59:59Z.");
  return *time;
}

Result<SecretBytes> password_of(const Parameters& p) {
  SR_TRY(const std::string_view text, p.required("Password"));
  return SecretBytes::copy_of(as_bytes(text));
}

void write_issued(AnswerWriter& answer, const aap::IssuedClientKey& issued) {
  answer.field("ClientKeyId", issued.info.id);
  answer.field("KeyAlgorithm", "RSA_2048");
  answer.secret("PrivateKeyData", issued.pkcs12_base64);
  write_time(answer, "NotBefore", issued.info.not_before);
  write_time(answer, "NotAfter", issued.info.not_after);
}

Result<void> create_client_key(Call& call) {
  SR_TRY(const SecretBytes password, password_of(call.parameters));
  SR_TRY(const Instant not_before, time_of(call.parameters, "NotBefore"));
  SR_TRY(const Instant not_after, time_of(call.parameters, "NotAfter"));
  SR_TRY(const aap::IssuedClientKey issued,
         call.engines.access_points.create_client_key(*call.transaction,
                                                      {.account = call.account(),
                                                       .access_point = call.resource_name(),
                                                       .password = password,
                                                       .not_before = not_before,
                                                       .not_after = not_after},
                                                      call.now));
  call.note_key(issued.info.id);
  write_issued(call.answer, issued);
  return {};
}

void write_key(AnswerWriter& answer, const aap::ClientKeyInfo& key) {
  answer.field("ClientKeyId", key.id);
  answer.field("AapName", key.access_point);
  write_time(answer, "CreateTime", key.created);
  answer.field("KeyAlgorithm", "RSA_2048");
  answer.field("KeyOrigin", "KMS_PROVIDED");
  answer.field("PublicKeyData", key.certificate_pem);
  write_time(answer, "NotBefore", key.not_before);
  write_time(answer, "NotAfter", key.not_after);
}

/// The key named by ClientKeyId, its right judged on its access point; an absent one is judged like
/// one of any access point, so that both answer alike to those without the right.
Result<aap::ClientKeyInfo> named_key(Call& call, std::string_view action) {
  SR_TRY(const std::string_view id, call.parameters.required("ClientKeyId"));
  const aap::AccessPoints& points = call.engines.access_points;
  auto key = points.find_client_key(call.reader, call.account(), id);
  if (!key && key.error().kind() != ErrorKind::kNotFound) return key;
  call.note_key(id.substr(0, limits::kAccessNameCharsMax));
  SR_CHECK_OK(call.authorize(
      action, points.point_arn(call.account(), key ? std::string_view(key->access_point) : "*")));
  return key;
}

Result<void> get_client_key(Call& call) {
  SR_TRY(const aap::ClientKeyInfo key, named_key(call, "kms:GetClientKey"));
  write_key(call.answer, key);
  return {};
}

Result<void> delete_client_key(Call& call) {
  SR_TRY(const aap::ClientKeyInfo key, named_key(call, "kms:DeleteClientKey"));
  return call.engines.access_points.remove_client_key(*call.transaction, key, call.now);
}

/// The keys of these access points. One that is gone meanwhile is passed over if `all` are meant.
Result<void> write_keys(Call& call, std::span<const std::string> names, bool all) {
  const aap::AccessPoints& points = call.engines.access_points;
  call.answer.begin_flat_list("ClientKeys");
  for (const std::string& name : names) {
    const auto point = points.find_point(call.reader, call.account(), name);
    if (!point && all && point.error().kind() == ErrorKind::kNotFound) continue;
    if (!point) return std::unexpected(point.error());
    for (const std::string& id : point->client_keys) {
      SR_TRY(const aap::ClientKeyInfo key, points.find_client_key(call.reader, call.account(), id));
      call.answer.begin_item();
      write_key(call.answer, key);
      call.answer.end_item();
    }
  }
  call.answer.end_flat_list();
  return {};
}

/// Those of one access point, else of all at once, as the API has it; and a page of access points
/// for callers that ask for one, as the keys of thousands make too long an answer.
Result<void> list_client_keys(Call& call) {
  const Parameters& p = call.parameters;
  const aap::AccessPoints& points = call.engines.access_points;
  const std::string_view asked = p.text("AapName");
  SR_CHECK_OK(call.authorize("kms:ListClientKeys",
                             points.point_arn(call.account(), asked.empty() ? "*" : asked)));
  if (!asked.empty()) return write_keys(call, std::vector{std::string(asked)}, false);
  if (!points.points().ready()) return still_reading("its access points");
  const bool paged = !p.text("PageNumber").empty() || !p.text("PageSize").empty();
  SR_TRY(const Page page, page_of(p, kDefaultPageSize));
  const auto names = points.points().page(
      call.account(), paged ? static_cast<std::size_t>(page.offset()) : 0,
      paged ? static_cast<std::size_t>(page.size) : limits::kAccessPointsPerAccountMax);
  SR_CHECK_OK(write_keys(call, names, true));
  if (!paged) return {};
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount",
                     static_cast<std::int64_t>(points.points().count(call.account())));
  return {};
}

// --- Quick creation ---

/// <instance id>.<four letters>, as the console names them.
std::string quick_policy_name(std::string_view instance, Random& random) {
  std::string name = std::string(instance) + ".";
  for (int i = 0; i < 4; ++i) {
    std::uint8_t byte = 0;
    random.fill({&byte, 1});
    name.push_back(static_cast<char>('a' + byte % 26));
  }
  return name;
}

Result<void> quick_create(Call& call) {
  const Parameters& p = call.parameters;
  aap::AccessPoints& points = call.engines.access_points;
  SR_TRY(const std::string_view name, p.required("Name"));
  SR_TRY(const std::string_view instance, p.required("KmsInstance"));
  SR_TRY(const SecretBytes password, password_of(p));
  const std::string policy_name = quick_policy_name(instance, call.engines.random);
  const std::string arn = points.point_arn(call.account(), name);
  SR_CHECK_OK(call.authorize("kms:CreateApplicationAccessPoint", arn));
  SR_CHECK_OK(call.authorize("kms:CreateClientKey", arn));
  SR_CHECK_OK(call.authorize("kms:CreatePolicy", points.policy_arn(call.account(), policy_name)));
  call.note_resource(arn);
  SR_CHECK_OK(call.engines.instances.find(call.reader, call.account(), instance));
  SR_CHECK_OK(
      points.create_policy(*call.transaction,
                           {.account = call.account(),
                            .name = policy_name,
                            .scope = std::string(instance),
                            .permissions = {"RbacPermission/Template/CryptoServiceKeyUser",
                                            "RbacPermission/Template/CryptoServiceSecretUser"},
                            .resources = {"key/*", "secret/*"}},
                           call.now));
  SR_CHECK_OK(points.create_point(*call.transaction,
                                  {.account = call.account(),
                                   .name = std::string(name),
                                   .policies = {policy_name},
                                   .description = std::string(p.text("Description"))},
                                  call.now));
  SR_TRY(const aap::IssuedClientKey issued,
         points.create_client_key(
             *call.transaction,
             {.account = call.account(), .access_point = name, .password = password}, call.now));
  call.note_key(issued.info.id);
  call.answer.field("Name", name);
  call.answer.field("PolicyName", policy_name);
  write_issued(call.answer, issued);
  return {};
}

constexpr Operation kRows[] = {
    needs("AapName Password",
          {kKms, "CreateClientKey", kMutation, kAccessPoint, "AapName", create_client_key}),
    {kKms, "GetClientKey", kRead, kByHandler, "", get_client_key},
    {kKms, "ListClientKeys", kSlowRead, kByHandler, "", list_client_keys},
    {kKms, "DeleteClientKey", kMutation, kByHandler, "", delete_client_key},
    {kKms, "QuickCreateApplicationAccessPoint", kMutation, kByHandler, "", quick_create},
};

}  // namespace

std::span<const Operation> client_key_operations() {
  return kRows;
}

}  // namespace strongroom::service
