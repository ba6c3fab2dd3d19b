// JSON inside parameters: every accepted text keeps to the limits. Input: which parameter, its
// text.

#include <string>

#include "../../src/service/src/json_parameters.h"
#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  std::string_view text = fuzz::text_of(data, size);
  switch (fuzz::take_byte(text) % 5) {
    case 0:
      if (const auto tags = service::parse_tags("Tags", text)) {
        SR_CHECK(tags->pairs.size() <= limits::kTagsPerResourceMax);
      }
      break;
    case 1:
      if (const auto strings = service::parse_strings("VersionStages", text, "VersionStage", 8)) {
        SR_CHECK(strings->size() <= 8);
      }
      break;
    case 2:
      if (const auto context = service::parse_string_map("EncryptionContext", text)) {
        SR_CHECK(context->pairs.size() <= limits::kEncryptionContextCharsMax);
      }
      break;
    case 3:
      if (const auto filters = service::parse_filters("Filters", text)) {
        SR_CHECK(filters->size() <= limits::kFiltersMax);
      }
      break;
    default:
      if (const auto entries = service::parse_secrets_list("SecretsList", text)) {
        SR_CHECK(!entries->empty() && entries->size() <= limits::kBatchSecretsMax);
      }
      break;
  }
  return 0;
}
