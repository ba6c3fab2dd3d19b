// ListKeys and its filters (openapi.md §7.1).

#include <algorithm>
#include <array>

#include "json_parameters.h"
#include "key_handlers.h"
#include "still_reading.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"

namespace strongroom::service {
namespace {

bool has_value(const ParsedFilter& filter, std::string_view value) {
  return std::ranges::find(filter.values, value) != filter.values.end();
}

bool is_tag_filter(const ParsedFilter& filter) {
  return filter.key == "TagKey" || filter.key == "TagValue";
}

/// One tag must have both the key and the value that are asked for, as in ListSecrets.
bool matches_tags(const keys::Key& key, std::span<const ParsedFilter> filters) {
  const auto asks = [](const ParsedFilter& f) { return is_tag_filter(f) && !f.values.empty(); };
  if (std::ranges::none_of(filters, asks)) return true;
  return std::ranges::any_of(key.tags, [&](const keys::Tag& tag) {
    return std::ranges::all_of(filters, [&](const ParsedFilter& filter) {
      return !asks(filter) || has_value(filter, filter.key == "TagKey" ? tag.key : tag.value);
    });
  });
}

using Matcher = bool (*)(const keys::Key& key, const ParsedFilter& filter);
constexpr std::array<std::pair<std::string_view, Matcher>, 9> kMatchers{{
    {"KeyState", [](const keys::Key& k,
                    const ParsedFilter& f) { return has_value(f, keys::to_text(k.state)); }},
    {"KeySpec",
     [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, keys::to_text(k.spec)); }},
    {"KeyUsage", [](const keys::Key& k,
                    const ParsedFilter& f) { return has_value(f, keys::to_text(k.usage)); }},
    {"ProtectionLevel",
     [](const keys::Key& k, const ParsedFilter& f) {
       return has_value(f, keys::to_text(k.protection));
     }},
    {"CreatorType",
     [](const keys::Key& k, const ParsedFilter& f) {
       return has_value(f, k.service_default ? "Service" : "User");
     }},
    {"DKMSInstanceId",
     [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.instance_id); }},
    {"keyId", [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.id); }},
    {"AliasName",
     [](const keys::Key& k, const ParsedFilter& f) {
       return std::ranges::any_of(k.aliases,
                                  [&f](const std::string& alias) { return has_value(f, alias); });
     }},
    {"Creator", [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.creator); }},
}};

Result<void> check_filters(std::span<const ParsedFilter> filters) {
  for (const ParsedFilter& filter : filters) {
    if (!is_tag_filter(filter) &&
        std::ranges::find(kMatchers, filter.key, &std::pair<std::string_view, Matcher>::first) ==
            kMatchers.end()) {
      return invalid_parameter(
          "Filters",
          "Keys are KeyState, KeySpec, KeyUsage, ProtectionLevel, CreatorType, "
          "DKMSInstanceId, keyId, AliasName, Creator, TagKey and TagValue.");
    }
  }
  return {};
}

bool matches(const keys::Key& key, std::span<const ParsedFilter> filters) {
  const auto matches_one = [&key](const ParsedFilter& filter) {
    if (filter.values.empty() || is_tag_filter(filter)) return true;
    return std::ranges::find(kMatchers, filter.key, &std::pair<std::string_view, Matcher>::first)
        ->second(key, filter);
  };
  return std::ranges::all_of(filters, matches_one) && matches_tags(key, filters);
}

struct KeyPage {
  std::vector<std::string> ids;
  std::size_t total = 0;
};

// Each batch has a snapshot of its own: what a reader has read stays in locked memory as long as
// it.
Result<KeyPage> filtered_page(const Call& call, std::span<const ParsedFilter> filters,
                              const Page& page) {
  KeyPage out;
  std::string last;
  while (true) {
    const std::vector<std::string> ids =
        call.engines.keys.index().following(call.account(), last, limits::kListScanBatch);
    if (ids.empty()) return out;
    last = ids.back();
    SR_TRY(const auto reader, call.engines.store.reader());
    for (const std::string& id : ids) {
      const auto key = call.engines.keys.find(*reader, call.account(), id);
      if (!key && key.error().kind() == ErrorKind::kNotFound) continue;
      if (!key) return std::unexpected(key.error());
      if (!matches(*key, filters)) continue;
      const auto position = static_cast<std::int64_t>(out.total++);
      if (position >= page.offset() && position < page.offset() + page.size) out.ids.push_back(id);
    }
  }
}

}  // namespace

Result<void> list_keys(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const std::vector<ParsedFilter> filters,
         parse_filters("Filters", call.parameters.text("Filters")));
  SR_CHECK_OK(check_filters(filters));
  const NameIndex& index = call.engines.keys.index();
  if (!index.ready()) return still_reading("its keys");
  KeyPage found;
  if (filters.empty()) {
    found.total = index.count(call.account());
    found.ids = index.page(call.account(), static_cast<std::size_t>(page.offset()),
                           static_cast<std::size_t>(page.size));
  } else {
    SR_TRY(found, filtered_page(call, filters, page));
  }
  call.answer.begin_list("Keys", "Key");
  for (const std::string& id : found.ids) {
    call.answer.begin_item();
    call.answer.field("KeyId", id);
    call.answer.field("KeyArn", call.engines.keys.arn(call.account(), id));
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(found.total));
  return {};
}

}  // namespace strongroom::service
