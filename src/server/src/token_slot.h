#pragma once
// Seal slots whose key a PKCS#11 token wraps (docs/formats/seal.md, kind 5). The token is asked
// when the seal is opened, through `strongroom-hsm`, and never again: its outage does not touch a
// server that runs. Functions block for as long as the token takes, a minute at most.

#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

struct TokenPlace {
  std::string module;    // path of the vendor's PKCS#11 library
  std::string token;     // label of the token
  std::string key;       // label of the AES key, which is made if it is not there
  std::string pin_file;  // first line
};
/// A new slot's key, and what the slot keeps of it. kUnavailable, kNotFound or kDenied with the
/// token's words.
Result<barrier::SlotSecret> new_token_secret(const TokenPlace& place, Random& random);

/// Opens the slots of this kind with the token that the configuration names. kInvalidInput without
/// a PIN file.
Result<barrier::SlotSecret> token_secret(const Config& config);

/// "token Strongroom, key seal", from a slot's parameters; empty if they are none of this kind.
std::string describe_token(std::string_view parameters);

}  // namespace strongroom::server
