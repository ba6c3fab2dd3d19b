#include "json_parameters.h"

#include <simdjson.h>

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/service/parameters.h"

namespace strongroom::service {
namespace {

using simdjson::dom::element;

/// Parses `text` and keeps the document alive.
class Document {
 public:
  bool parse(std::string_view text) {
    if (text.size() > limits::kBodyBytesMax) return false;
    if (parser_.allocate(std::max<std::size_t>(text.size(), 1), limits::kJsonDepthMax) !=
        simdjson::SUCCESS)
      return false;
    padded_ = simdjson::padded_string(text);
    return parser_.parse(padded_).get(root_) == simdjson::SUCCESS;
  }
  element root() const { return root_; }

 private:
  simdjson::padded_string padded_;
  simdjson::dom::parser parser_;
  element root_;
};

bool get_text(element value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

/// The member `name`, which must be a string if it is there and not null.
bool get_member(simdjson::dom::object object, std::string_view name, std::string& out) {
  element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return true;
  return get_text(value, out);
}

bool get_strings(element value, std::size_t max, std::vector<std::string>& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS || array.size() > max) return false;
  for (const element item : array) {
    if (!get_text(item, out.emplace_back())) return false;
  }
  return true;
}

bool get_tag(element value, const std::string& stem, std::pair<std::string, std::string>& tag) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  return get_member(object, stem + "Key", tag.first) &&
         get_member(object, stem + "Value", tag.second) && !tag.first.empty();
}

bool get_filter(element value, ParsedFilter& filter) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  if (!get_member(object, "Key", filter.key) || filter.key.empty()) return false;
  element values;
  if (object.at_key("Values").get(values) != simdjson::SUCCESS || values.is_null()) return true;
  return get_strings(values, limits::kFilterValuesMax, filter.values);
}

/// A boolean, as itself or as text.
bool get_flag(simdjson::dom::object object, std::string_view name, bool& out) {
  element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return true;
  if (value.get_bool().get(out) == simdjson::SUCCESS) return true;
  std::string text;
  if (!get_text(value, text)) return false;
  const NameValue field{name, text};  // spelled as everywhere else: "True" is Python's
  const auto flag = Parameters({&field, 1}).boolean(name, out);
  if (flag) out = *flag;
  return flag.has_value();
}

bool get_batch_entry(element value, BatchEntry& entry) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  return get_member(object, "SecretName", entry.secret_name) &&
         get_member(object, "VersionId", entry.version_id) &&
         get_member(object, "VersionStage", entry.version_stage) &&
         get_flag(object, "FetchExtendedConfig", entry.fetch_extended_config) &&
         !entry.secret_name.empty();
}

}  // namespace

std::vector<NameValue> TextPairs::views() const {
  std::vector<NameValue> out;
  out.reserve(pairs.size());
  for (const auto& [name, value] : pairs) out.push_back({name, value});
  return out;
}

Result<TextPairs> parse_tags(std::string_view name, std::string_view text, std::string_view stem) {
  TextPairs tags;
  if (text.empty()) return tags;
  const std::string prefix(stem);
  const auto wrong = [name, &prefix] {
    return invalid_parameter(
        name, "It must be JSON: [{\"" + prefix + "Key\":\"k\",\"" + prefix + "Value\":\"v\"}]");
  };
  Document document;
  simdjson::dom::array array;
  if (!document.parse(text) || document.root().get_array().get(array) != simdjson::SUCCESS)
    return wrong();
  if (array.size() > limits::kTagsPerResourceMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "A resource can have at most 20 tags.");
  }
  for (const element item : array) {
    if (!get_tag(item, prefix, tags.pairs.emplace_back())) return wrong();
  }
  return tags;
}

Result<std::vector<std::string>> parse_strings(std::string_view name, std::string_view text,
                                               std::string_view wrapped, std::size_t max) {
  const auto wrong = [name, max] {
    return invalid_parameter(name, "It must be a JSON array of at most " + std::to_string(max) +
                                       " strings: [\"a\",\"b\"]");
  };
  Document document;
  if (!document.parse(text)) return wrong();
  element root = document.root();
  simdjson::dom::object object;
  // Alone: of a member that is there twice, whoever reads the text later may take the other one.
  if (!wrapped.empty() && root.get_object().get(object) == simdjson::SUCCESS &&
      (object.size() != 1 || object.at_key(wrapped).get(root) != simdjson::SUCCESS)) {
    return wrong();
  }
  std::vector<std::string> strings;
  if (!get_strings(root, max, strings)) return wrong();
  return strings;
}

Result<TextPairs> parse_string_map(std::string_view name, std::string_view text) {
  TextPairs map;
  if (text.empty()) return map;
  const auto wrong = [name] {
    return invalid_parameter(
        name, "It must be a JSON object of strings, at most 8192 characters: {\"k\":\"v\"}");
  };
  Document document;
  simdjson::dom::object object;
  if (text.size() > limits::kEncryptionContextCharsMax * 4 || !document.parse(text) ||
      document.root().get_object().get(object) != simdjson::SUCCESS) {
    return wrong();
  }
  if (count_characters(text) > limits::kEncryptionContextCharsMax) return wrong();
  for (const auto& field : object) {
    auto& pair = map.pairs.emplace_back(std::string(field.key), std::string());
    if (!get_text(field.value, pair.second)) return wrong();
    const auto twins =
        std::ranges::count(map.pairs, pair.first, &std::pair<std::string, std::string>::first);
    if (twins > 1) return wrong();
  }
  return map;
}

Result<std::vector<ParsedFilter>> parse_filters(std::string_view name, std::string_view text) {
  std::vector<ParsedFilter> filters;
  if (text.empty()) return filters;
  const auto wrong = [name] {
    return invalid_parameter(name,
                             "It must be JSON with at most 10 filters of at most 10 values: "
                             "[{\"Key\":\"SecretName\",\"Values\":[\"a\",\"b\"]}]");
  };
  Document document;
  simdjson::dom::array array;
  if (!document.parse(text) || document.root().get_array().get(array) != simdjson::SUCCESS ||
      array.size() > limits::kFiltersMax) {
    return wrong();
  }
  for (const element item : array) {
    ParsedFilter filter;
    if (!get_filter(item, filter)) return wrong();
    const auto same = std::ranges::find(filters, filter.key, &ParsedFilter::key);
    if (same == filters.end()) {
      filters.push_back(std::move(filter));
    } else {
      std::ranges::move(filter.values, std::back_inserter(same->values));
    }
  }
  return filters;
}

Result<std::vector<BatchEntry>> parse_secrets_list(std::string_view name, std::string_view text) {
  const auto wrong = [name] {
    return invalid_parameter(
        name, "It must be a JSON array of 1 to 20 different secrets: [{\"SecretName\":\"a\"}]");
  };
  Document document;
  simdjson::dom::array array;
  if (!document.parse(text) || document.root().get_array().get(array) != simdjson::SUCCESS ||
      array.size() == 0 || array.size() > limits::kBatchSecretsMax) {
    return wrong();
  }
  std::vector<BatchEntry> entries;
  for (const element item : array) {
    BatchEntry entry;
    if (!get_batch_entry(item, entry)) return wrong();
    if (std::ranges::find(entries, entry.secret_name, &BatchEntry::secret_name) != entries.end())
      return wrong();
    entries.push_back(std::move(entry));
  }
  return entries;
}

namespace {

bool get_bound_vpc(element value, instances::BoundVpc& vpc) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  std::uint64_t owner = 0;
  if (object["VpcOwnerId"].get_uint64().get(owner) == simdjson::SUCCESS) {
    vpc.owner = std::to_string(owner);
  } else if (!get_member(object, "VpcOwnerId", vpc.owner)) {
    return false;
  }
  return get_member(object, "VpcId", vpc.vpc) && get_member(object, "VSwitchId", vpc.vswitch) &&
         get_member(object, "RegionId", vpc.region) && !vpc.vpc.empty();
}

}  // namespace

Result<std::vector<instances::BoundVpc>> parse_bind_vpcs(std::string_view name,
                                                         std::string_view text) {
  const auto wrong = [name] {
    return invalid_parameter(name,
                             "It must be JSON: [{\"VpcId\":\"vpc-1\",\"VSwitchId\":\"vsw-1\","
                             "\"RegionId\":\"cn-hangzhou\",\"VpcOwnerId\":1}]");
  };
  Document document;
  simdjson::dom::array array;
  if (!document.parse(text) || document.root().get_array().get(array) != simdjson::SUCCESS ||
      array.size() > limits::kBindVpcsMax) {
    return wrong();
  }
  std::vector<instances::BoundVpc> bound;
  for (const element item : array) {
    if (!get_bound_vpc(item, bound.emplace_back())) return wrong();
  }
  return bound;
}

}  // namespace strongroom::service
