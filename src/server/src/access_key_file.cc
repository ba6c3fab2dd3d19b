#include "access_key_file.h"

#include "reveal.h"
#include "secret_input.h"
#include "strongroom/base/bytes.h"

namespace strongroom::server {

Result<AccessKeyFile> read_access_key_file(const std::string& path) {
  SR_TRY(const SecretBytes held, read_first_line(path));
  const std::string_view line = OperatorReveal::text(held);
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank + 1 == line.size()) {
    return fail(
        ErrorKind::kInvalidInput, "AccessKeyFile",
        path + " must hold an AccessKeyId, a blank and the AccessKeySecret in its first line");
  }
  SR_TRY(SecretBytes secret, SecretBytes::copy_of(as_bytes(line.substr(blank + 1))));
  return AccessKeyFile{.id = std::string(line.substr(0, blank)), .secret = std::move(secret)};
}

}  // namespace strongroom::server
