// Values in and out, and the stages that name them (openapi.md §4.3 to §4.5, §4.9).

#include "instance_rules.h"
#include "json_parameters.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "strongroom/base/limits.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/transition.h"
#include "strongroom/wire_openapi/errors.h"

namespace strongroom::service {
namespace {

struct Opened {
  secrets::SecretView secret;
  secrets::VersionView version;
  SecretBytes value;
};

/// Versions and labels of a secret with a function are not changed under a running rotation.
Result<void> check_by_hand(Call& call, const secrets::SecretView& secret,
                           std::span<const std::string_view> labels) {
  if (call.engines.rotations == nullptr) return {};
  return call.engines.rotations->check_by_hand(call.reader, secret, labels);
}

// On the shared gateway: openapi.md §1.1 for sessions, semantics.md §5.3 for SecretUser.
bool judged_alone(const Call& call) {
  return call.gateway() == policy::kSharedScope &&
         (call.principal.session || call.principal.kind == identity::PrincipalKind::kClientKey);
}

std::unexpected<Error> no_such_secret() {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: there is no secret with this name in this account and region.");
}

/// The value of one version, after judging the right on its key. With STS credentials
/// GetSecretValue is judged alone (openapi.md §1.1).
Result<Opened> open_value(Call& call, const Named& named, std::string_view version_id,
                          std::string_view stage) {
  const secrets::Secrets& secrets = call.engines.secrets;
  SR_TRY(secrets::SecretView secret, live_secret_named(call, named));
  if (is_elsewhere(call, secret.instance_id())) return no_such_secret();
  SR_CHECK_OK(require_instance_of(call, secret.account(), secret.instance_id()));
  SR_TRY(const secrets::VersionView version, secret.select(version_id, stage));
  SR_TRY(const keys::UseStatus key,
         call.engines.keys.status(call.reader, named.owner, version.key_id()));
  if (!key.service_default && !judged_alone(call)) {
    SR_CHECK_OK(authorize_key(call, "kms:Decrypt", {named.owner, version.key_id()}));
  } else {
    call.note_key(version.key_id());
  }
  SR_TRY(SecretBytes value, secrets.open(call.reader, secret, version, key));
  return Opened{std::move(secret), version, std::move(value)};
}

void write_value(AnswerWriter& answer, const Opened& opened, bool extended_config) {
  answer.field("SecretName", opened.secret.name());
  answer.field("VersionId", opened.version.id());
  answer.secret("SecretData", opened.value);
  answer.field("SecretDataType", secrets::to_text(opened.version.data_type()));
  answer.field("SecretType", secrets::to_text(opened.secret.type()));
  write_stages(answer, opened.version);
  write_time(answer, "CreateTime", opened.version.created());
  if (opened.secret.rotates()) write_rotation(answer, opened.secret.rotation());
  if (extended_config && opened.secret.type() != secrets::SecretType::kGeneric)
    answer.field("ExtendedConfig", opened.secret.extended_config());
}

/// A failure of one entry of a batch that is told in the batch's own answer; the others fail the
/// whole call.
bool is_answer(const Error& error) {
  return error.kind() == ErrorKind::kInvalidInput || error.kind() == ErrorKind::kDenied ||
         error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kConflict;
}

Result<Opened> open_entry(Call& call, const BatchEntry& entry) {
  Named named{call.account(), entry.secret_name};
  std::string arn;
  if (entry.secret_name.starts_with("acs:")) {
    arn = entry.secret_name;
    named = secret_in_arn(call, arn);
  } else {
    arn = call.engines.secrets.arn(call.account(), entry.secret_name);
  }
  SR_CHECK_OK(call.authorize("kms:GetSecretValue", arn));
  SR_TRY(Opened opened, open_value(call, named, entry.version_id, entry.version_stage));
  call.note_version(opened.version.id());
  return opened;
}

}  // namespace

Result<SecretBytes> value_of_secret(Call& call, const Named& named) {
  SR_TRY(Opened opened, open_value(call, named, {}, {}));
  call.note_version(opened.version.id());
  return std::move(opened.value);
}

Result<void> refuse_own_secret(const secrets::SecretView& secret) {
  if (secret.owing_service().empty()) return {};
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. This secret is a version of a managed data key and keeps its "
              "value; make another with CreateManagedDataKeyVersion.");
}

Result<void> get_secret_value(Call& call) {
  SR_TRY(const bool extended, call.parameters.boolean("FetchExtendedConfig", false));
  SR_TRY(const Opened opened, open_value(call, call.target(), call.parameters.text("VersionId"),
                                         call.parameters.text("VersionStage")));
  call.note_version(opened.version.id());
  write_value(call.answer, opened, extended);
  return {};
}

Result<void> batch_get_secret_value(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("SecretsList"));
  SR_TRY(const std::vector<BatchEntry> entries, parse_secrets_list("SecretsList", text));
  std::vector<Opened> opened;
  std::vector<bool> extended;
  std::vector<std::string> request_ids;  // of those that were opened
  std::vector<std::pair<std::string_view, Error>> refused;
  for (const BatchEntry& entry : entries) {
    auto value = open_entry(call, entry);
    if (!value && !is_answer(value.error())) return std::unexpected(value.error());
    std::string request_id = Uuid::generate(call.engines.random).upper();
    call.end_entry(request_id, value ? nullptr : &value.error());
    if (value) {
      opened.push_back(std::move(*value));
      extended.push_back(entry.fetch_extended_config);
      request_ids.push_back(std::move(request_id));
    } else {
      refused.emplace_back(entry.secret_name, value.error());
    }
  }
  call.answer.begin_flat_list("SecretValues");
  for (std::size_t i = 0; i < opened.size(); ++i) {
    call.answer.begin_item();
    write_value(call.answer, opened[i], extended[i]);
    call.answer.field("RequestId", request_ids[i]);
    call.answer.end_item();
  }
  call.answer.end_flat_list();
  call.answer.begin_flat_list("Errors");
  for (const auto& [name, error] : refused) {
    call.answer.begin_item();
    call.answer.field("SecretName", name);
    call.answer.field("Code", error.code());
    call.answer.field("Message", error.message());
    call.answer.number("HttpStatus", wire_openapi::http_status_of(error.code(), error.kind()));
    call.answer.end_item();
  }
  call.answer.end_flat_list();
  return {};
}

Result<void> put_secret_value(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view version_id, p.required("VersionId"));
  SR_TRY(const SecretBytes value, secret_data_of(p));
  SR_TRY(const secrets::DataType data_type, data_type_of(p));
  SR_CHECK_OK(secrets::check_version_id(version_id));
  std::optional<std::vector<std::string_view>> asked;
  std::vector<std::string> stages;
  if (const std::string_view text = p.text("VersionStages"); !text.empty()) {
    SR_TRY(stages,
           parse_strings("VersionStages", text, "VersionStage", limits::kLabelsPerSecretMax));
    asked.emplace(stages.begin(), stages.end());
  }
  SR_TRY(const std::vector<std::string_view> labels, secrets::put_labels(asked));
  call.note_version(version_id);

  SR_TRY(const secrets::SecretView secret, live_secret_of(call));
  SR_CHECK_OK(refuse_own_secret(secret));
  SR_CHECK_OK(require_instance_of(call, secret.account(), secret.instance_id()));
  SR_CHECK_OK(check_by_hand(call, secret, labels));
  SR_TRY(const keys::UseStatus key,
         call.engines.keys.status(call.reader, call.target().owner, secret.encryption_key_id()));
  call.note_key(secret.encryption_key_id());
  if (!key.service_default) {
    SR_CHECK_OK(authorize_key(call, "kms:GenerateDataKey",
                              {call.target().owner, secret.encryption_key_id()}));
  }
  SR_TRY(const std::vector<std::string> now_on,
         call.engines.secrets.put(
             *call.transaction, secret,
             {.version_id = std::string(version_id), .data_type = data_type, .labels = labels},
             value, call.now));
  call.answer.field("SecretName", secret.name());
  call.answer.field("VersionId", version_id);
  write_stages(call.answer, now_on);
  return {};
}

Result<void> update_secret_version_stage(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view label, p.required("VersionStage"));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(refuse_own_secret(view));
  SR_CHECK_OK(check_by_hand(call, view, std::span(&label, 1)));
  const secrets::LabelMove move{label, p.text("MoveToVersion"), p.text("RemoveFromVersion")};
  SR_TRY(const secrets::Secret secret, secrets::move_label(view.decode(), move, call.now));
  call.engines.secrets.save(*call.transaction, secret);
  call.note_version(move.to.empty() ? move.from : move.to);
  call.answer.field("SecretName", view.name());
  return {};
}

}  // namespace strongroom::service
