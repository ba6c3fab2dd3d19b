#pragma once
// What every client library needs before it can connect. Each object belongs to one thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/connector_kit/attempt.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::connector_kit {

/// The time that is left of a step.
class Budget {
 public:
  explicit Budget(std::int64_t millis);
  std::int64_t left_ms() const;  // 0 once it is spent
  /// For interfaces that take whole seconds: at least 1.
  unsigned left_seconds() const;
  /// Sleeps for `millis`, or less if the budget ends before. False if it has ended.
  bool wait(std::int64_t millis) const;

 private:
  std::int64_t end_ns_;
};

/// Where and how to connect. `host` is a name or an address, IPv6 without brackets.
struct Access {
  std::string host;
  std::uint16_t port = 0;
  bool tls = true;
  std::string roots_file;  // path of the pinned roots as PEM; empty: the system's store
};

/// A PEM text (certificates, nothing secret) as a file for libraries that take paths: one in memory
/// where the process may name its own descriptors, else one in /tmp that goes with this object.
class PemFile {
 public:
  PemFile() = default;
  /// kExhausted if the system gives no descriptor.
  static Result<PemFile> make(std::string_view pem);
  PemFile(PemFile&& other) noexcept;
  PemFile& operator=(PemFile&& other) noexcept;
  ~PemFile();

  /// Empty if default-constructed.
  const std::string& path() const { return path_; }

 private:
  int descriptor_ = -1;
  std::string path_;
  bool named_ = false;
};

/// Address and TLS of `target`. kConfiguration for an address that is none, for "disabled" TLS to
/// anything but a loopback address, and for an unknown TLS mode. `roots` receives the file that
/// Access::roots_file names and must outlive the connection.
Attempt<Access> access_of(const connector::Target& target, PemFile& roots);

/// What a client library cannot check must not look as if it were checked: kConfiguration if
/// `target` pins a key, or (unless `knows_names`) names another host than its address.
Attempt<void> check_pins(const connector::Target& target, const Access& access, bool knows_names);

/// Secret bytes with a terminating zero, for C interfaces.
class SecretText {
 public:
  /// kRejected ("CredentialText") if one holds a zero byte.
  static Attempt<SecretText> of(const SecretBytes& secret);

  const char* c_str() const;
  std::string_view view() const;  // without the zero

 private:
  explicit SecretText(SecretBytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes bytes_;
};

/// `before` ‖ secret ‖ `after`, in locked memory: a statement that cannot do without the secret.
Attempt<SecretBytes> join(std::string_view before, std::string_view secret, std::string_view after);
std::string_view text_of(const SecretBytes& secret);
/// The same, for what a target answers to be read into.
std::span<char> room_of(SecretBytes& secret);
/// `secret` with every `quote` twice.
Attempt<SecretBytes> doubled(const SecretBytes& secret, char quote);
/// 64 random hexadecimal digits.
Attempt<SecretBytes> random_secret();

/// kConfiguration unless `account` is a name that every target takes as it is: 1 to 128 bytes of
/// UTF-8, no control characters, no space at either end (MariaDB would cut it off).
Attempt<void> check_account(std::string_view account);

}  // namespace strongroom::connector_kit
