// Aliases (openapi.md §7.5). Making, moving and removing one needs the right on the alias and on
// the key it names: who may do neither learns nothing of the other.

#include <algorithm>

#include "key_handlers.h"
#include "key_rights.h"
#include "still_reading.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

struct NamedAlias {
  std::string_view name;
  KeyName key;
};

/// AliasName and KeyId, both judged.
Result<NamedAlias> judged_alias(Call& call, std::string_view action) {
  SR_TRY(const std::string_view alias, call.parameters.required("AliasName"));
  SR_TRY(const std::string_view key_text, call.parameters.required("KeyId"));
  SR_CHECK_OK(keys::check_alias(alias));
  if (names_alias(key_text)) return alias_refused();
  NamedAlias named{alias, key_named(call, key_text)};
  SR_CHECK_OK(call.authorize(action, call.engines.keys.alias_arn(call.account(), alias)));
  SR_CHECK_OK(call.authorize(action, named.key.arn));
  call.note_key(named.key.id);
  return named;
}

void write_alias(Call& call, std::string_view alias, std::string_view key_id) {
  call.answer.begin_item();
  call.answer.field("AliasName", alias);
  call.answer.field("AliasArn", call.engines.keys.alias_arn(call.account(), alias));
  call.answer.field("KeyId", key_id);
  call.answer.end_item();
}

void write_page(Call& call, const Page& page, std::size_t total) {
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(total));
}

}  // namespace

Result<void> create_alias(Call& call) {
  SR_TRY(const NamedAlias named, judged_alias(call, "kms:CreateAlias"));
  SR_TRY(keys::Key key, call.engines.keys.find(call.reader, call.account(), named.key.id));
  return call.engines.keys.create_alias(*call.transaction, std::move(key), named.name, call.now);
}

Result<void> update_alias(Call& call) {
  SR_TRY(const NamedAlias named, judged_alias(call, "kms:UpdateAlias"));
  SR_TRY(keys::Key target, call.engines.keys.find(call.reader, call.account(), named.key.id));
  return call.engines.keys.update_alias(*call.transaction, named.name, std::move(target));
}

Result<void> delete_alias(Call& call) {
  SR_TRY(const std::string_view alias, call.parameters.required("AliasName"));
  SR_CHECK_OK(
      call.authorize("kms:DeleteAlias", call.engines.keys.alias_arn(call.account(), alias)));
  SR_TRY(const std::string key_id,
         call.engines.keys.key_of_alias(call.reader, call.account(), alias));
  SR_CHECK_OK(call.authorize("kms:DeleteAlias", call.engines.keys.arn(call.account(), key_id)));
  call.note_key(key_id);
  return call.engines.keys.delete_alias(*call.transaction, call.account(), alias);
}

Result<void> list_aliases(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  const NameIndex& index = call.engines.keys.alias_index();
  if (!index.ready()) return still_reading("its aliases");
  call.answer.begin_list("Aliases", "Alias");
  for (const std::string& alias :
       index.page(call.account(), static_cast<std::size_t>(page.offset()),
                  static_cast<std::size_t>(page.size))) {
    const auto key_id = call.engines.keys.key_of_alias(call.reader, call.account(), alias);
    if (!key_id && key_id.error().kind() == ErrorKind::kNotFound) continue;
    if (!key_id) return std::unexpected(key_id.error());
    write_alias(call, alias, *key_id);
  }
  call.answer.end_list();
  write_page(call, page, index.count(call.account()));
  return {};
}

Result<void> list_aliases_by_key_id(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(keys::Key key, named_key(call));
  std::ranges::sort(key.aliases);
  call.answer.begin_list("Aliases", "Alias");
  const auto first = static_cast<std::size_t>(page.offset());
  const std::size_t last =
      std::min(key.aliases.size(), first + static_cast<std::size_t>(page.size));
  for (std::size_t i = first; i < last; ++i) write_alias(call, key.aliases[i], key.id);
  call.answer.end_list();
  write_page(call, page, key.aliases.size());
  return {};
}

}  // namespace strongroom::service
