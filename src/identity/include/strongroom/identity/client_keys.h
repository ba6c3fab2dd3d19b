#pragma once
// Where the credentials of access points come from. Implemented by a library above (aap), given to
// the Authenticator and the Directory by the program, so that identity needs to know nothing of
// access points.

#include <memory>
#include <string_view>

#include "strongroom/barrier/reader.h"
#include "strongroom/base/result.h"
#include "strongroom/identity/credential.h"
#include "strongroom/policy/access_grants.h"

namespace strongroom::identity {

/// Ids of client keys begin so.
inline constexpr std::string_view kClientKeyPrefix = "KAAP.";

/// Thread-safe.
class ClientKeySource {
 public:
  virtual ~ClientKeySource() = default;
  /// A credential whose `client` is set and whose principal is a kClientKey; of a key that was
  /// deleted, one without `client`, which only names it. kNotFound, kNotCached.
  virtual Result<CredentialRef> load(barrier::Reader& reader, std::string_view key_id) = 0;
  /// What bounds sessions of a role besides RAM; null: nothing does. kNotCached.
  virtual Result<std::shared_ptr<const policy::AccessGrants>> grants_of_role(
      barrier::Reader& reader, AccountId account, std::string_view role) = 0;
};

}  // namespace strongroom::identity
