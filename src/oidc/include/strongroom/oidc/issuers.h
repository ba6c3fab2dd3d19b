#pragma once
// The keys of issuers, fetched over TLS from their discovery documents and kept for an hour. An
// unknown key id fetches anew, at most once a minute for each issuer, so that rotated keys are
// found and nobody can make the server fetch at will.
//
// Only https to the issuer's own host and port is ever asked, no redirect is followed, and an
// address that is not public is refused unless the operator named the host. Blocks: for worker
// threads. Thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/oidc/key_set.h"
#include "strongroom/oidc/token.h"

namespace strongroom::oidc {

/// An https URL taken apart.
struct Url {
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 443;
  std::string path;  // begins with '/', or is empty
  /// Nothing unless it is https://host[:port][/path] without user, query and fragment.
  static std::optional<Url> parse(std::string_view text);
};

/// One answer of 200.
struct Fetched {
  std::string body;
  std::vector<std::string> fingerprints;  // SHA-1 of each certificate of the chain, upper-case hex
};
/// Gets `url` over TLS; a seam for tests. At most limits::kOidcDocumentBytesMax.
using Fetch = std::function<Result<Fetched>(const Url& url)>;

struct FetchOptions {
  std::string ca_file;                     // PEM; empty: the system's store
  std::vector<std::string> private_hosts;  // may have addresses that are not public
};
Fetch make_fetch(FetchOptions options);

/// Whom a token must come from.
struct Trust {
  std::string_view issuer;                       // as the token must say
  const std::vector<std::string>& fingerprints;  // one must be in the issuer's chain; empty: any
};

class Issuers {
 public:
  explicit Issuers(Fetch fetch) : fetch_(std::move(fetch)) {}

  /// Whether the issuer signed the token. kUnauthenticated: AuthenticationFail.OIDCToken.Invalid
  /// (another issuer), .InvalidSignature, AuthenticationFail.OIDCToken.HttpsUrlInvalid (the keys
  /// cannot be had). Judges no time and no audience.
  Result<void> check_signature(const Token& token, const Trust& trust, Instant now);

 private:
  struct Entry {
    std::shared_ptr<const KeySet> keys;
    std::vector<std::string> fingerprints;
    Instant fetched;
  };
  Result<Entry> entry_for(const Token& token, const Trust& trust, Instant now);
  Result<Entry> fetch_entry(std::string_view issuer, Instant now) const;

  Fetch fetch_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;     // guarded by mutex_
  std::map<std::string, Instant, std::less<>> attempts_;  // guarded by mutex_
};

}  // namespace strongroom::oidc
