#pragma once
// Pieces of answers and parameters that several secret actions share.

#include "strongroom/secrets/secrets.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// {"VersionStages":{"VersionStage":[…]}}
void write_stages(AnswerWriter& answer, const std::vector<std::string>& labels);
void write_stages(AnswerWriter& answer, const secrets::VersionView& version);

/// {"Tags":{"Tag":[{"TagKey","TagValue"}]}}
void write_tags(AnswerWriter& answer, std::span<const keys::Tag> tags);

/// What managed types show of their rotation (openapi.md §4.2): RotationInterval and
/// NextRotationDate while the schedule is Enabled or Invalid, LastRotationDate once there was one.
void write_rotation(AnswerWriter& answer, const secrets::Rotation& rotation);

void write_time(AnswerWriter& answer, std::string_view name, Instant time);

/// "text" or "binary"; absent: text. 400 InvalidParameter.
Result<secrets::DataType> data_type_of(const Parameters& parameters);

/// SecretData as a value: UTF-8, 1 to limits::kSecretDataBytesMax bytes. 400 MissingParameter,
/// InvalidParameter.
Result<SecretBytes> secret_data_of(const Parameters& parameters);

/// The Tags of a resource to be made. 400 InvalidParameter, Rejected.LimitExceeded.
Result<std::vector<keys::Tag>> new_tags_of(const Parameters& parameters);
/// Most actions list InvalidParameter alone, where TagResources has finer codes (openapi.md §2.3).
Error with_plain_code(const Error& error);

/// The secret that an ARN names; no name unless it is one of this region.
Named secret_in_arn(const Call& call, std::string_view arn);

/// The head of a secret; one that was judged is not looked up again. Errors of Secrets::view and
/// live_view.
Result<secrets::SecretView> secret_named(const Call& call, const Named& named);
Result<secrets::SecretView> live_secret_named(const Call& call, const Named& named);
/// The head of the secret that the pipeline resolved and judged.
Result<secrets::SecretView> secret_of(Call& call);
Result<secrets::SecretView> live_secret_of(Call& call);

}  // namespace strongroom::service
