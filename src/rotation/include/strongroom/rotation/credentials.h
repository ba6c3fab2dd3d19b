#pragma once
// The SecretData of managed types (openapi.md §5) as credentials and back, and the making of new
// ones. Values stay in SecretBytes throughout. Pure but for the Random.

#include <string_view>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/connector/job.h"
#include "strongroom/secrets/model.h"

namespace strongroom::rotation {

/// Which form a value has.
struct Form {
  secrets::SecretType type;
  std::string_view sub_type;
};

/// What CreateSecret's SecretData lists: one or two accounts, one or two AccessKeys, one login. 400
/// InvalidParameter tells the form that is expected.
Result<std::vector<connector::Credential>> parse_given(const Form& form, const SecretBytes& data);

/// A stored value; a Generic secret's is taken whole. kCorrupt if it is not one of render()'s.
Result<connector::Credential> parse_value(const Form& form, const SecretBytes& data);
/// The value as GetSecretValue answers it; `made` goes into RAM's GenerateTimestamp.
Result<SecretBytes> render(const Form& form, const connector::Credential& credential, Instant made);

/// A new credential for `account`: a password of 32 characters that need no quoting anywhere, with
/// upper, lower, digit and special among them; an RSA-2048 key pair; or an AccessKey. For a Generic
/// secret a password that its function may take or leave.
Result<connector::Credential> generate(const Form& form, std::string_view account, Random& random);

}  // namespace strongroom::rotation
