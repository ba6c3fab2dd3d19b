#include "secret_answers.h"

#include "json_parameters.h"
#include "resource.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {

void write_stages(AnswerWriter& answer, const std::vector<std::string>& labels) {
  answer.begin_list("VersionStages", "VersionStage");
  for (const std::string& label : labels) answer.item(label);
  answer.end_list();
}

void write_stages(AnswerWriter& answer, const secrets::VersionView& version) {
  answer.begin_list("VersionStages", "VersionStage");
  for (std::size_t i = 0; i < version.label_count(); ++i) answer.item(version.label(i));
  answer.end_list();
}

void write_tags(AnswerWriter& answer, std::span<const keys::Tag> tags) {
  answer.begin_list("Tags", "Tag");
  for (const keys::Tag& tag : tags) {
    answer.begin_item();
    answer.field("TagKey", tag.key);
    answer.field("TagValue", tag.value);
    answer.end_item();
  }
  answer.end_list();
}

void write_rotation(AnswerWriter& answer, const secrets::Rotation& rotation) {
  answer.field("AutomaticRotation", secrets::to_text(rotation.automatic));
  if (rotation.automatic != secrets::Automatic::kDisabled) {
    answer.field("RotationInterval", std::to_string(rotation.interval_seconds) + "s");
    write_time(answer, "NextRotationDate", rotation.next);
  }
  if (rotation.last != Instant{}) write_time(answer, "LastRotationDate", rotation.last);
}

void write_time(AnswerWriter& answer, std::string_view name, Instant time) {
  char text[20];
  format_utc_to(text, time);
  answer.field(name, std::string_view(text, sizeof text));
}

Result<secrets::DataType> data_type_of(const Parameters& parameters) {
  const std::string_view text = parameters.text("SecretDataType");
  if (text.empty() || text == "text") return secrets::DataType::kText;
  if (text == "binary") return secrets::DataType::kBinary;
  return invalid_parameter("SecretDataType", "It must be text or binary.");
}

Result<SecretBytes> secret_data_of(const Parameters& parameters) {
  SR_TRY(const std::string_view data, parameters.required("SecretData"));
  if (data.size() > limits::kSecretDataBytesMax) {
    return invalid_parameter("SecretData", "A value has at most 30720 bytes.");
  }
  if (!is_utf8(data))
    return invalid_parameter("SecretData", "A value is UTF-8 text; encode binary data as Base64.");
  return SecretBytes::copy_of(as_bytes(data));
}

Error with_plain_code(const Error& error) {
  const bool finer =
      error.code().starts_with("InvalidParameter.") || error.code() == "Duplicate.TagKey";
  return finer ? Error(error.kind(), "InvalidParameter", error.message()) : error;
}

Result<std::vector<keys::Tag>> new_tags_of(const Parameters& parameters) {
  SR_TRY(const TextPairs tags, parse_tags("Tags", parameters.text("Tags")));
  auto checked = keys::with_tags({}, tags.views());
  if (!checked) return std::unexpected(with_plain_code(checked.error()));
  return checked;
}

Named secret_in_arn(const Call& call, std::string_view arn) {
  return named_in_arn(call, "secret/", arn);
}

Result<secrets::SecretView> secret_named(const Call& call, const Named& named) {
  if (const secrets::SecretView* judged = call.judged_secret(named)) return *judged;
  return call.engines.secrets.view(call.reader, named.owner, named.name);
}

Result<secrets::SecretView> live_secret_named(const Call& call, const Named& named) {
  if (const secrets::SecretView* judged = call.judged_secret(named))
    return secrets::Secrets::live_only(*judged);
  return call.engines.secrets.live_view(call.reader, named.owner, named.name);
}

Result<secrets::SecretView> secret_of(Call& call) {
  return secret_named(call, call.target());
}

Result<secrets::SecretView> live_secret_of(Call& call) {
  return live_secret_named(call, call.target());
}

}  // namespace strongroom::service
