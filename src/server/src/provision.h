#pragma once
// What a data directory needs before it can serve: an account with its root AccessKey, a private CA
// and a TLS certificate. Made in one transaction at the first start, found again at every later
// one; sealed like every other record. One thread.

#include <optional>
#include <string>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/identity/directory.h"
#include "strongroom/net/server.h"

namespace strongroom::server {

struct Provision {
  AccountId account;
  std::string ca_pem;
  net::TlsIdentity tls;     // the key is wiped with wipe_key()
  std::string root_key_id;  // empty in production after the first start
  SecretBytes
      root_key_secret;  // dev keeps it for every start; production has it at the first start only
};

struct ProvisionPlan {
  bool keep_root_key = false;  // dev: the same AccessKey is shown at every start
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
};

/// Finds what is there or makes all of it; a certificate near its end, or without a name that is
/// wanted now, is made anew under the same CA. kCorrupt if only a part is there.
Result<Provision> provision(barrier::SealedStore& store, identity::Directory& directory,
                            const ProvisionPlan& plan, Clock& clock, Random& random);

/// Issues a new leaf under the stored CA (same names), for when the old one nears its end.
Result<net::TlsIdentity> renew_certificate(barrier::SealedStore& store, const ProvisionPlan& plan,
                                           Clock& clock, Random& random);

void wipe(net::TlsIdentity& identity);

}  // namespace strongroom::server
