#pragma once
// What a data directory needs before it can serve: an account with its root AccessKey, a private CA
// and a TLS certificate. Made in one transaction at the first start, found again at every later
// one; sealed like every other record. One thread.

#include <optional>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/crypto/certificate_life.h"
#include "strongroom/identity/directory.h"
#include "strongroom/net/server.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// What the shared endpoint shows, and until when.
struct Certificates {
  net::TlsIdentity tls;  // the key is wiped with wipe()
  std::string ca_pem;
  crypto::Lives lives;
};

struct Provision {
  bool made = false;  // just now
  AccountId account;
  Certificates certificates;
  std::string root_key_id;  // empty in production after the first start
  SecretBytes
      root_key_secret;  // dev keeps it for every start; production has it at the first start only
};

struct ProvisionPlan {
  bool keep_root_key = false;  // dev: the same AccessKey is shown at every start
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
};

/// What the configuration asks for.
ProvisionPlan plan_of(const Config& config, barrier::Mode mode);

/// Finds what is there or makes all of it; a certificate near its end, or without a name that is
/// wanted now, is made anew. kCorrupt if only a part is there.
Result<Provision> provision(barrier::SealedStore& store, identity::Directory& directory,
                            const ProvisionPlan& plan, const Clock& clock, Random& random);

/// Whose server it is. kCorrupt (IncompleteDirectory) if nobody's.
Result<AccountId> operator_account(barrier::Reader& reader);

/// From now on dev shows this root AccessKey.
Result<void> keep_root_key(barrier::Transaction& transaction, const identity::IssuedAccessKey& key,
                           Random& random);

/// Issues a new certificate under the stored CA, whose own is renewed first (same key and name) if
/// it is due.
Result<Certificates> renew_certificates(barrier::SealedStore& store, const ProvisionPlan& plan,
                                        Instant now, Random& random);

void wipe(net::TlsIdentity& identity);

}  // namespace strongroom::server
