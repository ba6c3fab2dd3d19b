#pragma once
// What database servers keep instead of a password, computed here so that they never see the
// password in a statement. Only for passwords that are random: the forms are fast hashes, chosen by
// those servers. Thread-safe.

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

/// mysql_native_password's form: "*" and upper-case hex of SHA1(SHA1(password)).
std::string mysql_native_hash(const SecretBytes& password);

}  // namespace strongroom::crypto
