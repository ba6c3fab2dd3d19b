// ListSecrets: pages from the name index, filters by opening heads.

#include <algorithm>

#include "errors.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/limits.h"
#include "strongroom/secrets/secrets.h"

namespace strongroom::secrets {
namespace {

bool has_value(const Filter& filter, std::string_view value) {
  return std::ranges::find(filter.values, value) != filter.values.end();
}

bool matches_one(const Secret& secret, const Filter& filter) {
  switch (filter.field) {
    case Filter::Field::kName:
      return has_value(filter, secret.name);
    case Filter::Field::kDescription:
      return has_value(filter, secret.description);
    case Filter::Field::kInstance:
      return has_value(filter, secret.instance_id);
    case Filter::Field::kCreator:
      return has_value(filter, secret.creator);
    case Filter::Field::kType:
      // "RDS" in the filter's documentation, "Rds" elsewhere.
      return std::ranges::any_of(
          filter.values, [&](const auto& v) { return equals_any_case(v, to_text(secret.type)); });
    case Filter::Field::kRotates:
      return secret.rotates();
    case Filter::Field::kTagKey:
    case Filter::Field::kTagValue:
      return true;  // matches_tags
  }
  return false;
}

bool is_tag_filter(const Filter& filter) {
  return filter.field == Filter::Field::kTagKey || filter.field == Filter::Field::kTagValue;
}

bool matches_tags(const Secret& secret, std::span<const Filter> filters) {
  if (std::ranges::none_of(filters, is_tag_filter)) return true;
  return std::ranges::any_of(secret.tags, [filters](const keys::Tag& tag) {
    return std::ranges::all_of(filters, [&tag](const Filter& filter) {
      if (filter.field == Filter::Field::kTagKey) return has_value(filter, tag.key);
      if (filter.field == Filter::Field::kTagValue) return has_value(filter, tag.value);
      return true;
    });
  });
}

}  // namespace

bool matches(const Secret& secret, std::span<const Filter> filters) {
  return std::ranges::all_of(
             filters, [&secret](const Filter& filter) { return matches_one(secret, filter); }) &&
         matches_tags(secret, filters);
}

Result<void> Secrets::require_index() const {
  if (index_.ready()) return {};
  return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
              "Service Unavailable Temporary: the server has just started and is still reading the "
              "names of its secrets (" +
                  std::to_string(index_.total()) + " so far). Try again.");
}

Result<ListPage> Secrets::list(barrier::Reader& reader, AccountId account,
                               std::span<const Filter> filters, std::size_t offset,
                               std::size_t limit) const {
  SR_CHECK_OK(require_index());
  if (!filters.empty()) return list_filtered(account, filters, offset, limit);
  ListPage page;
  page.total = index_.count(account);
  for (const std::string& name : index_.page(account, offset, limit)) {
    const auto secret = view(reader, account, name);
    if (secret) {
      page.items.push_back(secret->decode());
    } else if (secret.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(secret.error());
    }
  }
  return page;
}

// The next names that a filtered list has to look at: those of a SecretName filter, or simply all.
std::vector<std::string> Secrets::candidates(AccountId account, std::span<const Filter> filters,
                                             std::string_view after) const {
  const auto named = std::ranges::find(filters, Filter::Field::kName, &Filter::field);
  if (named == filters.end()) return index_.following(account, after, limits::kListScanBatch);
  std::vector<std::string> names;
  for (const std::string& name : named->values) {
    if (name > after && index_.contains(account, name)) names.push_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Result<ListPage> Secrets::list_filtered(AccountId account, std::span<const Filter> filters,
                                        std::size_t offset, std::size_t limit) const {
  const bool by_tag = std::ranges::any_of(filters, is_tag_filter);
  ListPage page;
  std::string last;
  while (true) {
    const std::vector<std::string> names = candidates(account, filters, last);
    if (names.empty()) return page;
    last = names.back();
    SR_TRY(const auto reader, store_.reader());
    for (const std::string& name : names) {
      const auto found = view(*reader, account, name);
      if (!found && found.error().kind() == ErrorKind::kNotFound) continue;
      if (!found) return std::unexpected(found.error());
      Secret secret = found->decode();
      if (!matches(secret, filters)) continue;
      if (page.total >= offset && page.items.size() < limit) {
        page.items.push_back(std::move(secret));
      }
      if (++page.total == limits::kTagFilterResourcesMax && by_tag) return page;
    }
  }
}

std::vector<barrier::Visit> Secrets::index_visits() {
  const auto visit = [this](const barrier::RecordRef& record) -> Result<void> {
    SR_TRY(const SecretView secret, SecretView::of(record));
    if (index_.add_while_building(secret.account(), secret.name())) {
      usage_.add(secret.account(), secret.instance_id(), 1);
    }
    return {};
  };
  return {{barrier::RecordType::kSecret, visit, [this] { index_.finish_building(); }}};
}

}  // namespace strongroom::secrets
