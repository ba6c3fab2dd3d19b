#pragma once
// A client's side of both signature versions, written from gateway.md §1.3 and §2.2 and not from
// the server's code, so that the two can disagree. For tests; one thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/wire_openapi/call.h"

namespace strongroom::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A request as it goes over the wire. `headers` includes Authorization, `query` or `body` the RPC
/// signature.
struct Wire {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  Fields headers;
  std::string body;

  /// The first header of that name; it must exist.
  std::string& header(std::string_view name);
  std::vector<NameValue> views() const;
};

enum class Algorithm { kRpcSha1, kRpcSha256, kAcs3Sha256, kAcs3Sm3 };
inline constexpr Algorithm kAlgorithms[] = {Algorithm::kRpcSha1, Algorithm::kRpcSha256,
                                            Algorithm::kAcs3Sha256, Algorithm::kAcs3Sm3};
inline bool is_rpc(Algorithm algorithm) {
  return algorithm == Algorithm::kRpcSha1 || algorithm == Algorithm::kRpcSha256;
}

enum class Place { kQuery, kForm, kJson };

/// What is to be said, and by whom.
struct Plan {
  Algorithm algorithm = Algorithm::kAcs3Sha256;
  Place place = Place::kQuery;
  std::string method = "POST";
  std::string key_id;
  std::string secret;
  std::string timestamp;
  std::string nonce;
  std::string action = "PutSecretValue";
  std::string version = "2016-01-20";
  Fields parameters;
};

/// The signed request. Deterministic.
Wire sign(const Plan& plan);

/// The same with another key of the MAC than the algorithm prescribes (`secret` with or without
/// "&").
Wire sign_with_key(const Plan& plan, std::string_view mac_key);

}  // namespace strongroom::test
