#pragma once
// The sorted names that listing walks: one record per account and kind of resource.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"

namespace strongroom::identity {

/// Names of records (docs/formats/identity.md); users have a record type of their own.
inline constexpr std::string_view kUserList = "";
inline constexpr std::string_view kGroupList = "groups";
inline constexpr std::string_view kRoleList = "roles";
inline constexpr std::string_view kPolicyList = "policies";
inline constexpr std::string_view kOidcProviderList = "oidc-providers";
inline constexpr std::string_view kMfaDeviceList = "mfa-devices";
inline constexpr std::string_view kAccountList = "accounts";  // of account 0

struct NameList {
  AccountId account;
  std::string_view list;
  Uuid resource;
  std::vector<std::string> names;

  void add(std::string_view name);
  void remove(std::string_view name);
};

Result<NameList> read_names(barrier::Reader& reader, AccountId account, std::string_view list);

/// One account's list of one kind.
struct ListRef {
  AccountId account;
  std::string_view list;
};

/// Adds or removes one name, or puts another in its place. `limit`: LimitExceeded.<what> beyond it.
struct ListLimit {
  std::size_t max;
  std::string_view what;
};
Result<void> add_name(barrier::Transaction& txn, const ListRef& ref, std::string_view name,
                      const ListLimit& limit, Random& random);
Result<void> remove_name(barrier::Transaction& txn, const ListRef& ref, std::string_view name,
                         Random& random);
Result<void> rename_name(barrier::Transaction& txn, const ListRef& ref, std::string_view from,
                         std::string_view to, Random& random);

/// The names after `marker`, at most `max`; `next` is empty after the last. read_page also refuses
/// a marker that no answer gave.
struct NamePage {
  std::vector<std::string> names;
  std::string next;
};
NamePage page_of(const std::vector<std::string>& sorted, std::string_view marker, std::size_t max);
Result<NamePage> read_page(barrier::Reader& reader, const ListRef& ref, std::string_view marker,
                           std::size_t max);

}  // namespace strongroom::identity
