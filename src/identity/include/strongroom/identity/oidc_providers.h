#pragma once
// Which OIDC issuers an account trusts, and for which clients (IMS 2019-08-15). Works in the
// caller's Transaction or Reader and keeps no state; checks no permissions. Thread-safe. Errors:
// EntityNotExist.OIDCProvider, EntityAlreadyExists.OIDCProvider, LimitExceeded.OIDCProvider,
// InvalidParameter.<field>.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::identity {

struct OidcProvider {
  std::string name = {};                       // 1-128 of [A-Za-z0-9._-]
  std::string issuer = {};                     // https URL, as the tokens say it
  std::vector<std::string> client_ids = {};    // what a token's audience may be
  std::vector<std::string> fingerprints = {};  // SHA-1 of certificates, upper-case hex; empty: any
  std::string description = {};
  std::uint32_t limit_hours = 12;  // how long after its issue a token is taken, 1-168
  Instant created = {};
  Instant updated = {};

  /// acs:ram::<account>:oidc-provider/<name>
  std::string arn(AccountId account) const {
    return "acs:ram::" + account.text() + ":oidc-provider/" + name;
  }
};

/// Absent fields stay as they are.
struct OidcProviderChange {
  std::optional<std::string_view> description = {};
  std::optional<std::vector<std::string>> client_ids = {};
  std::optional<std::vector<std::string>> fingerprints = {};
  std::optional<std::uint32_t> limit_hours = {};
};

struct OidcProviderRef {
  AccountId account;
  std::string_view name;
};

struct OidcProviderPage {
  std::vector<OidcProvider> providers;  // by name
  std::string next;
};

class OidcProviders {
 public:
  explicit OidcProviders(Random& random) : random_(random) {}

  Result<OidcProvider> create(barrier::Transaction& txn, AccountId account, OidcProvider wanted,
                              Instant now);
  Result<OidcProvider> get(barrier::Reader& reader, const OidcProviderRef& ref);
  Result<OidcProvider> update(barrier::Transaction& txn, const OidcProviderRef& ref,
                              const OidcProviderChange& change, Instant now);
  Result<void> remove(barrier::Transaction& txn, const OidcProviderRef& ref);
  Result<OidcProviderPage> list(barrier::Reader& reader, AccountId account, std::string_view marker,
                                std::size_t max);

 private:
  Random& random_;
};

}  // namespace strongroom::identity
