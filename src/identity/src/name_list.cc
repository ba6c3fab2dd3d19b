#include "name_list.h"

#include <algorithm>

#include "ram_rules.h"
#include "records.h"
#include "rows.h"

namespace strongroom::identity {
namespace {

barrier::Address address_of(AccountId account, std::string_view list) {
  if (list == kUserList) return account_users_address(account);
  return {.type = barrier::RecordType::kAccountNames, .account = account, .name = list};
}

void put_names(barrier::Transaction& txn, NameList& list, Random& random) {
  if (list.resource.is_zero()) list.resource = Uuid::generate(random);
  encode_names(list.names, [&](ByteView body) {
    txn.put(address_of(list.account, list.list), list.resource, body);
  });
}

}  // namespace

void NameList::add(std::string_view name) {
  names.insert(std::ranges::lower_bound(names, name), std::string(name));
}

void NameList::remove(std::string_view name) {
  std::erase(names, name);
}

Result<NameList> read_names(barrier::Reader& reader, AccountId account, std::string_view list) {
  NameList out{.account = account, .list = list, .resource = {}, .names = {}};
  SR_TRY(const barrier::RecordRef record, read_if_there(reader, address_of(account, list)));
  if (!record) return out;
  out.resource = record->resource();
  SR_TRY(out.names, decode_names(*record));
  return out;
}

Result<void> add_name(barrier::Transaction& txn, const ListRef& ref, std::string_view name,
                      const ListLimit& limit, Random& random) {
  SR_TRY(NameList list, read_names(txn, ref.account, ref.list));
  if (list.names.size() >= limit.max) {
    return fail(ErrorKind::kExhausted, "LimitExceeded." + std::string(limit.what),
                "The count beyond the current limits of " + std::to_string(limit.max) +
                    ". Delete what is no longer needed.");
  }
  list.add(name);
  put_names(txn, list, random);
  return {};
}

Result<void> remove_name(barrier::Transaction& txn, const ListRef& ref, std::string_view name,
                         Random& random) {
  SR_TRY(NameList list, read_names(txn, ref.account, ref.list));
  list.remove(name);
  put_names(txn, list, random);
  return {};
}

Result<void> rename_name(barrier::Transaction& txn, const ListRef& ref, std::string_view from,
                         std::string_view to, Random& random) {
  SR_TRY(NameList list, read_names(txn, ref.account, ref.list));
  list.remove(from);
  list.add(to);
  put_names(txn, list, random);
  return {};
}

NamePage page_of(const std::vector<std::string>& sorted, std::string_view marker, std::size_t max) {
  NamePage page;
  for (auto name = std::ranges::upper_bound(sorted, marker); name != sorted.end(); ++name) {
    if (page.names.size() == max) {
      page.next = page.names.back();
      break;
    }
    page.names.push_back(*name);
  }
  return page;
}

Result<NamePage> read_page(barrier::Reader& reader, const ListRef& ref, std::string_view marker,
                           std::size_t max) {
  SR_CHECK_OK(check_marker(marker));
  SR_TRY(const NameList list, read_names(reader, ref.account, ref.list));
  return page_of(list.names, marker, max);
}

}  // namespace strongroom::identity
