#include "access_key_file.h"

#include <cstring>

#include "terminal.h"

namespace strongroom::server {

Result<AccessKeyFile> read_access_key_file(const std::string& path) {
  SR_TRY(std::string line, read_first_line(path));
  const std::size_t blank = line.find(' ');
  if (blank == std::string::npos || blank == 0 || blank + 1 == line.size()) {
    explicit_bzero(line.data(), line.size());
    return fail(
        ErrorKind::kInvalidInput, "AccessKeyFile",
        path + " must hold an AccessKeyId, a blank and the AccessKeySecret in its first line");
  }
  AccessKeyFile key{.id = line.substr(0, blank), .secret = {}};
  auto secret = SecretBytes::take(
      {reinterpret_cast<std::uint8_t*>(line.data()) + blank + 1, line.size() - blank - 1});
  if (!secret) return std::unexpected(secret.error());
  key.secret = std::move(*secret);
  return key;
}

}  // namespace strongroom::server
