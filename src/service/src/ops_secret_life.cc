// A secret's life: created, described, planned to be deleted, restored, gone (openapi.md §4.1,
// §4.8, §4.10, §4.11).

#include <algorithm>
#include <array>

#include "instance_rules.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "strongroom/base/limits.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::service {
namespace {

constexpr std::array<std::string_view, 5> kManagedTypes{"Rds", "Redis", "RAMCredentials", "ECS",
                                                        "PolarDB"};

Result<void> require_generic_request(const Parameters& parameters) {
  const std::string_view type = parameters.text("SecretType");
  if (std::ranges::find(kManagedTypes, type) != kManagedTypes.end()) {
    return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
                "This action is not supported. Managed secret types arrive with rotation; create a "
                "Generic secret.");
  }
  if (!type.empty() && type != "Generic")
    return invalid_parameter("SecretType", "It must be Generic.");
  SR_TRY(const bool rotate, parameters.boolean("EnableAutomaticRotation", false));
  if (rotate)
    return invalid_parameter("EnableAutomaticRotation",
                             "Generic secrets are not rotated by the service.");
  if (!parameters.text("Policy").empty() && parameters.text("DKMSInstanceId").empty()) {
    return fail(ErrorKind::kInvalidInput, "Forbidden.KeyPolicyUnSupported",
                "The specified key does not support key policy. Only secrets in a KMS instance "
                "have a policy.");
  }
  return {};
}

/// The key that the new secret's values are to be encrypted under, its right judged.
Result<keys::WrappingKey> wrapping_key_for(Call& call, std::string_view asked,
                                           std::string_view instance_id) {
  keys::Keys& keys = call.engines.keys;
  if (asked.empty()) {
    // An instance has no default key.
    if (!instance_id.empty()) SR_CHECK_OK(call.parameters.required("EncryptionKeyId"));
    return keys.default_wrapping_key(*call.transaction, call.account(), call.now);
  }
  const KeyName name = key_named(call, asked);
  const auto status = keys.status(call.reader, call.account(), name.id);
  if (!status && status.error().kind() != ErrorKind::kNotFound)
    return std::unexpected(status.error());
  call.note_key(name.id);
  if (!status || !status->service_default)
    SR_CHECK_OK(call.authorize("kms:GenerateDataKey", name.arn));
  if (!status) {
    return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
                "Resource not found: there is no key with the id given as EncryptionKeyId.");
  }
  SR_CHECK_OK(require_same_instance(instance_id, status->instance_id));
  return keys.wrapping_key(call.reader, call.account(), name.id);
}

}  // namespace

Result<void> create_secret(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view name, p.required("SecretName"));
  SR_TRY(const std::string_view version_id, p.required("VersionId"));
  SR_TRY(const SecretBytes value, secret_data_of(p));
  SR_TRY(const secrets::DataType data_type, data_type_of(p));
  SR_CHECK_OK(require_generic_request(p));
  SR_CHECK_OK(secrets::check_name(name));
  SR_CHECK_OK(secrets::check_version_id(version_id));
  SR_TRY(std::vector<keys::Tag> tags, new_tags_of(p));
  const std::string arn = call.engines.secrets.arn(call.account(), name);
  call.note_resource(arn);
  call.note_version(version_id);

  SR_CHECK_OK(call.engines.secrets.require_free(*call.transaction, call.account(), name));
  std::string policy;
  if (const std::string_view document = p.text("Policy"); !document.empty()) {
    SR_TRY(policy, access::checked_resource_policy(document, call.account()));
  }
  SR_TRY(InstancePlace place, new_secret_place(call, p.text("DKMSInstanceId")));
  SR_TRY(const keys::WrappingKey key, wrapping_key_for(call, p.text("EncryptionKeyId"), place.id));
  call.note_key(key.key_id);
  SR_CHECK_OK(call.engines.secrets.create(*call.transaction,
                                          {.account = call.account(),
                                           .name = std::string(name),
                                           .version_id = std::string(version_id),
                                           .description = std::string(p.text("Description")),
                                           .tags = std::move(tags),
                                           .creator = call.principal.arn,
                                           .data_type = data_type,
                                           .instance_id = place.id,
                                           .place = std::move(place.place),
                                           .policy = std::move(policy)},
                                          value, key, call.now));
  call.answer.field("Arn", arn);
  call.answer.field("SecretName", name);
  call.answer.field("SecretType", "Generic");
  call.answer.field("VersionId", version_id);
  if (!place.id.empty()) call.answer.field("DKMSInstanceId", place.id);
  return {};
}

Result<void> update_secret(Call& call) {
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  const auto description = call.parameters.find("Description");
  if (!description) {
    const bool custom_data = std::ranges::any_of(call.parameters.all(), [](const NameValue& p) {
      return p.name.starts_with("ExtendedConfig");
    });
    if (custom_data) {
      return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                  "Unsupported operation. Generic secrets have no extended configuration.");
    }
    SR_CHECK_OK(call.parameters.required("Description"));
  }
  SR_CHECK_OK(secrets::check_description(*description));
  secrets::Secret secret = view.decode();
  secret.description = *description;
  secret.updated = call.now;
  call.engines.secrets.save(*call.transaction, secret);
  call.answer.field("SecretName", view.name());
  return {};
}

Result<void> delete_secret(Call& call) {
  SR_TRY(const bool force, call.parameters.boolean("ForceDeleteWithoutRecovery", false));
  Instant planned = call.now;
  if (!force) {  // with force the window is ignored: Terraform sends both (openapi.md §4.11)
    SR_TRY(const std::int64_t days,
           call.parameters.integer("RecoveryWindowInDays", limits::kRecoveryDaysDefault,
                                   limits::kRecoveryDaysMin, limits::kRecoveryDaysMax));
    planned.unix_ms += days * kMillisPerDay;
  }
  SR_TRY(const secrets::SecretView view, secret_of(call));
  if (force) {
    call.engines.secrets.remove(*call.transaction, view.decode(), call.now);
  } else {
    SR_CHECK_OK(call.engines.secrets.plan_deletion(*call.transaction, view.decode(), planned));
  }
  call.answer.field("SecretName", view.name());
  write_time(call.answer, "PlannedDeleteTime", planned);
  return {};
}

Result<void> restore_secret(Call& call) {
  SR_TRY(const secrets::SecretView view, secret_of(call));
  SR_TRY(const secrets::Secret secret, secrets::restore(view.decode()));
  call.engines.secrets.save(*call.transaction, secret);
  call.answer.field("SecretName", view.name());
  return {};
}

Result<void> refuse_rotation(Call& call) {
  SR_CHECK_OK(live_secret_of(call));
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. A Generic secret is not rotated by the service; put a new "
              "version with "
              "PutSecretValue.");
}

}  // namespace strongroom::service
