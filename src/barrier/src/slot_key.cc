#include "slot_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "primitives.h"
#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/password_hash.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kCheckValueBytes = 6;

std::unexpected<Error> denied(std::string code, std::string message) {
  return fail(ErrorKind::kDenied, std::move(code), std::move(message));
}

Result<void> check_key_file(int fd, const FileSecret& secret, const std::string& data_directory) {
  struct stat file{};
  struct stat data{};
  if (fstat(fd, &file) != 0)
    return std::unexpected(system_error("cannot look at the key file", secret.path));
  if (!S_ISREG(file.st_mode) || file.st_size != static_cast<off_t>(kKeyBytes)) {
    return denied("Seal.NotAKeyFile", "cannot use " + secret.path +
                                          " as seal key: it is not a regular file of exactly 32 "
                                          "bytes. Nothing was changed. Name the file "
                                          "that was made when the data directory was created");
  }
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return denied("Seal.KeyFileOpen", "cannot use " + secret.path +
                                          " as seal key: its permissions let group or others at "
                                          "it. Nothing was changed. Run `chmod 0400 " +
                                          secret.path + "`, and consider who may have read it");
  }
  if (secret.same_disk_accepted || stat(data_directory.c_str(), &data) != 0) return {};
  if (file.st_dev == data.st_dev) {
    return denied(
        "Seal.SameDisk",
        "cannot use " + secret.path +
            " as seal key: it lies on the same file system as the data in " + data_directory +
            ", so whoever takes the disk takes both. Nothing was changed. Move it to another "
            "volume, or accept that with `--seal-file-same-disk`");
  }
  return {};
}

Result<SecretBytes> read_key(int fd, const std::string& path) {
  SR_TRY(SecretBytes key, SecretBytes::zeroed(kKeyBytes));
  const auto out = RecordReveal::fill(key);
  if (pread(fd, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
    return std::unexpected(system_error("cannot read the key file", path));
  }
  return key;
}

class KeyFile {
 public:
  explicit KeyFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {}
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  ~KeyFile() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string check_value(const SecretBytes& key) {
  const auto derived = kdf(key, "check");
  if (!derived) return std::string(kCheckValueBytes, '\0');
  return std::string(as_chars(RecordReveal::view(*derived).first(kCheckValueBytes)));
}

std::string shown(const std::string& check_value) {
  return hex_encode(as_bytes(check_value));
}

std::string dev_key_path(const std::string& directory) {
  return directory + "/dev-seal-key";
}

Result<SecretBytes> load_key_file(const FileSecret& secret, const std::string& data_directory) {
  const KeyFile file(secret.path);
  if (file.fd() < 0)
    return std::unexpected(system_error("cannot open the seal key file", secret.path));
  SR_CHECK_OK(check_key_file(file.fd(), secret, data_directory));
  return read_key(file.fd(), secret.path);
}

Result<SecretBytes> load_dev_key(const std::string& directory) {
  return load_key_file({.path = dev_key_path(directory), .same_disk_accepted = true}, directory);
}

Result<SecretBytes> stretch(const SecretBytes& passphrase, const Slot& slot) {
  const crypto::Argon2Parameters cost{
      .memory_kib = slot.cost.memory_kib, .passes = slot.cost.passes, .lanes = slot.cost.lanes};
  auto key = crypto::argon2id(passphrase, as_bytes(slot.salt), cost, kKeyBytes);
  if (!key && key.error().kind() == ErrorKind::kExhausted) {
    return fail(ErrorKind::kExhausted, "Seal.NoMemory",
                "cannot stretch the passphrase: argon2id needs " +
                    std::to_string(slot.cost.memory_kib / 1024) +
                    " MiB, which the system does not give. Nothing was changed. Free memory or "
                    "raise the limit of the service");
  }
  return key;
}

}  // namespace strongroom::barrier
