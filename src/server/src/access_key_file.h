#pragma once
// The file with an access key that the server uses elsewhere: an AccessKeyId, a blank and the
// AccessKeySecret in its first line, readable by its owner alone.

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::server {

struct AccessKeyFile {
  std::string id;
  SecretBytes secret;
};
/// Errors of read_first_line; kInvalidInput (AccessKeyFile) for another form.
Result<AccessKeyFile> read_access_key_file(const std::string& path);

}  // namespace strongroom::server
