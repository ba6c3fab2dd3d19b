// A secret's life: created, described, planned to be deleted, restored, gone (openapi.md §4.1,
// §4.8, §4.10, §4.11).

#include <optional>

#include "instance_rules.h"
#include "key_rights.h"
#include "managed_secret.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "strongroom/base/limits.h"
#include "strongroom/due/due.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::service {
namespace {

Result<void> check_generic_request(const Parameters& parameters) {
  SR_TRY(const bool rotate, parameters.boolean("EnableAutomaticRotation", false));
  if (rotate)
    return invalid_parameter("EnableAutomaticRotation",
                             "Generic secrets are not rotated by the service.");
  return {};
}

Result<void> check_policy_request(const Parameters& parameters) {
  if (!parameters.text("Policy").empty() && parameters.text("DKMSInstanceId").empty()) {
    return fail(ErrorKind::kInvalidInput, "Forbidden.KeyPolicyUnSupported",
                "The specified key does not support key policy. Only secrets in a KMS instance "
                "have a policy.");
  }
  return {};
}

}  // namespace

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

Result<void> create_secret(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view asked_name, p.required("SecretName"));
  SR_TRY(const std::string_view version_id, p.required("VersionId"));
  SR_TRY(const SecretBytes data, secret_data_of(p));
  SR_TRY(const secrets::DataType data_type, data_type_of(p));
  SR_TRY(const secrets::SecretType type, secret_type_of(p));
  SR_CHECK_OK(check_policy_request(p));
  std::optional<ManagedRequest> managed;
  if (type == secrets::SecretType::kGeneric) {
    SR_CHECK_OK(check_generic_request(p));
  } else {
    SR_TRY(managed, managed_request_of(call, type, asked_name, data));
  }
  const std::string name = managed ? managed->name : std::string(asked_name);
  SR_CHECK_OK(secrets::check_name(name, type));
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
  secrets::NewSecret wanted{.account = call.account(),
                            .name = name,
                            .version_id = std::string(version_id),
                            .description = std::string(p.text("Description")),
                            .tags = std::move(tags),
                            .creator = call.principal.arn,
                            .data_type = data_type,
                            .key_named = !p.text("EncryptionKeyId").empty(),
                            .instance_id = place.id,
                            .place = std::move(place.place),
                            .policy = std::move(policy)};
  if (managed) managed->complete(call, wanted);
  SR_TRY(const secrets::Secret made,
         call.engines.secrets.create(*call.transaction, std::move(wanted),
                                     managed ? managed->values.current : data, key, call.now));
  if (managed) {
    SR_CHECK_OK(call.engines.rotations->adopt(*call.transaction, made, managed->values, call.now));
  }
  call.answer.field("Arn", arn);
  call.answer.field("SecretName", name);
  call.answer.field("SecretType", secrets::to_text(type));
  call.answer.field("VersionId", version_id);
  if (managed) {
    write_rotation(call.answer, made.rotation);
    call.answer.field("ExtendedConfig", made.extended_config);
  }
  if (!place.id.empty()) call.answer.field("DKMSInstanceId", place.id);
  return {};
}

Result<void> update_secret(Call& call) {
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  const auto description = call.parameters.find("Description");
  SR_TRY(const auto custom_data, custom_data_of(call.parameters));
  if (custom_data && view.type() == secrets::SecretType::kGeneric) {
    return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                "Unsupported operation. Generic secrets have no extended configuration.");
  }
  if (!description && !custom_data) SR_CHECK_OK(call.parameters.required("Description"));
  secrets::Secret secret = view.decode();
  if (description) {
    SR_CHECK_OK(secrets::check_description(*description));
    secret.description = *description;
  }
  if (custom_data) {
    SR_TRY(secret.extended_config, with_custom_data(secret.extended_config, *custom_data));
  }
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
  secrets::Secret secret = view.decode();
  rotation::Rotations* rotations = call.engines.rotations;
  if (force) {
    if (rotations != nullptr) SR_CHECK_OK(rotations->forget(*call.transaction, secret));
    call.engines.secrets.remove(*call.transaction, secret, call.now);
  } else {
    SR_CHECK_OK(secrets::require_live(secret));
    if (rotations != nullptr) {
      SR_TRY(secret, rotations->abandon(*call.transaction, std::move(secret), call.now));
    }
    SR_CHECK_OK(call.engines.secrets.plan_deletion(*call.transaction, std::move(secret), planned));
    due::record(*call.transaction, call.now,
                {"Secret:DeletionScheduled", call.target().owner,
                 call.engines.secrets.arn(call.target().owner, view.name()),
                 R"({"PlannedDeleteTime":")" + format_utc(planned) + "\"}"});
  }
  call.answer.field("SecretName", view.name());
  write_time(call.answer, "PlannedDeleteTime", planned);
  return {};
}

Result<void> restore_secret(Call& call) {
  SR_TRY(const secrets::SecretView view, secret_of(call));
  SR_TRY(const secrets::Secret secret, secrets::restore(view.decode()));
  call.engines.secrets.save(*call.transaction, secret);
  if (call.engines.rotations != nullptr)
    SR_CHECK_OK(call.engines.rotations->resume(*call.transaction, secret, call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

}  // namespace strongroom::service
