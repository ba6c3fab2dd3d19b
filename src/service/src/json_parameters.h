#pragma once
// Parameters whose value is JSON text (openapi.md §1.2), parsed under limits into owned strings.
// Pure, thread-safe. Every failure is 400 InvalidParameter naming the parameter and the form that
// is expected.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/instances/model.h"

namespace strongroom::service {

/// Pairs that own their text.
struct TextPairs {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<NameValue> views() const;  // valid while this lives
};

/// [{"TagKey":"k","TagValue":"v"}]; empty text: no tags. `stem` is what stands before Key and
/// Value.
Result<TextPairs> parse_tags(std::string_view name, std::string_view text,
                             std::string_view stem = "Tag");

/// ["a","b"], or the older {"<wrapped>":["a","b"]} where `wrapped` is not empty; at most `max`
/// strings.
Result<std::vector<std::string>> parse_strings(std::string_view name, std::string_view text,
                                               std::string_view wrapped, std::size_t max);

/// {"k":"v"} with strings only: an EncryptionContext. At most limits::kEncryptionContextCharsMax
/// characters.
Result<TextPairs> parse_string_map(std::string_view name, std::string_view text);

struct ParsedFilter {
  std::string key;
  std::vector<std::string> values;
};
/// [{"Key":"k","Values":["v"]}]; filters with the same key are merged, since their values are
/// alternatives (openapi.md §7.1). A filter without values is left out.
Result<std::vector<ParsedFilter>> parse_filters(std::string_view name, std::string_view text);

struct BatchEntry {
  std::string secret_name;
  std::string version_id;
  std::string version_stage;
  bool fetch_extended_config = false;
};
/// BatchGetSecretValue's SecretsList: 1 to limits::kBatchSecretsMax distinct secrets.
Result<std::vector<BatchEntry>> parse_secrets_list(std::string_view name, std::string_view text);

/// UpdateKmsInstanceBindVpc's [{"VpcId","VSwitchId","RegionId","VpcOwnerId"}]; the owner is a
/// number or text.
Result<std::vector<instances::BoundVpc>> parse_bind_vpcs(std::string_view name,
                                                         std::string_view text);

}  // namespace strongroom::service
