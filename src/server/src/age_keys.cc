#include "age_keys.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "reveal.h"
#include "strongroom/base/descriptor.h"

namespace strongroom::server {
namespace {

constexpr std::size_t kFileBytesMax = 16U << 10;

Result<SecretBytes> read_all(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, kFileBytesMax> bytes{};
  std::size_t size = 0;
  while (file && size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return SecretBytes::take(std::span(bytes).first(size));
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
  }
  const int why = size == bytes.size() ? EFBIG : errno;
  explicit_bzero(bytes.data(), bytes.size());
  return fail(
      ErrorKind::kUnavailable, "Age.IdentityFile",
      "backup.age_identity_file: cannot read " + path + ": " + std::system_category().message(why));
}

}  // namespace

Result<std::vector<age::Recipient>> recipients_of(const BackupConfig& backup) {
  std::vector<age::Recipient> found;
  for (const std::string& text : backup.age_recipients) {
    auto recipient = age::Recipient::parse(text);
    if (!recipient || found.size() == age::kRecipientsMax) {
      return fail(ErrorKind::kInvalidInput, "Configuration",
                  "backup.age_recipients: \"" + text +
                      "\" is no age public key (age1…, from age-keygen), or the list has more "
                      "than 20.");
    }
    found.push_back(std::move(*recipient));
  }
  return found;
}

Result<std::vector<age::Identity>> identities_of(const BackupConfig& backup) {
  if (backup.age_identity_file.empty()) return std::vector<age::Identity>();
  SR_TRY(const SecretBytes text, read_all(backup.age_identity_file));
  return age::Identity::parse_file(OperatorReveal::text(text));
}

}  // namespace strongroom::server
