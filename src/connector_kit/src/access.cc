#include "strongroom/connector_kit/access.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/dial/connection.h"

namespace strongroom::connector_kit {
namespace {

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

Budget::Budget(std::int64_t millis) : end_ns_(monotonic_ns() + millis * kNanosPerMilli) {}

std::int64_t Budget::left_ms() const {
  return std::max<std::int64_t>(0, (end_ns_ - monotonic_ns()) / kNanosPerMilli);
}

unsigned Budget::left_seconds() const {
  return static_cast<unsigned>(std::max<std::int64_t>(1, left_ms() / kMillisPerSecond));
}

bool Budget::wait(std::int64_t millis) const {
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(millis, left_ms())));
  return left_ms() > 0;
}

Result<PemFile> PemFile::make(std::string_view pem) {
  PemFile file;
  file.descriptor_ = memfd_create("roots", MFD_CLOEXEC);
  file.path_ = "/proc/self/fd/" + std::to_string(file.descriptor_);
  // A process that may not be traced cannot open its own descriptors by name, unless it is root's.
  if (file.descriptor_ < 0 || access(file.path_.c_str(), R_OK) != 0) {
    if (file.descriptor_ >= 0) close(file.descriptor_);
    file.path_ = "/tmp/strongroom-roots-XXXXXX";
    file.descriptor_ = mkostemp(file.path_.data(), O_CLOEXEC);
    file.named_ = file.descriptor_ >= 0;
  }
  if (file.descriptor_ < 0 ||
      write(file.descriptor_, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size()))
    return fail(ErrorKind::kExhausted, "NoDescriptor", "The system gives no descriptor.");
  return file;
}

PemFile::PemFile(PemFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::exchange(other.path_, {})),
      named_(std::exchange(other.named_, false)) {}
PemFile& PemFile::operator=(PemFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(named_, other.named_);
  return *this;
}
PemFile::~PemFile() {
  if (named_) unlink(path_.c_str());
  if (descriptor_ >= 0) close(descriptor_);
}

Attempt<Access> access_of(const connector::Target& target, PemFile& roots) {
  auto parsed = dial::parse_target(target.address);
  if (!parsed) return misconfigured("TargetAddress", parsed.error().message());
  Access access;
  access.host = parsed->host;
  access.port = parsed->port;
  if (target.tls == "disabled") {
    if (!is_loopback(access.host))
      return misconfigured("TargetWithoutTls",
                           "TLS may be disabled for loopback addresses only; give the target its "
                           "CA (strongroom target add --ca-file).");
    access.tls = false;
    return access;
  }
  if (!target.tls.empty() && target.tls != "required")
    return misconfigured("TargetTlsMode", "TLS is \"required\" or \"disabled\".");
  if (target.tls_roots.empty()) return access;
  auto file = PemFile::make(target.tls_roots);
  if (!file) return std::unexpected(failure_of(file.error()));
  roots = std::move(*file);
  access.roots_file = roots.path();
  return access;
}

Attempt<void> check_pins(const connector::Target& target, const Access& access, bool knows_names) {
  if (!target.tls_pin.empty())
    return misconfigured("TlsPinUnsupported",
                         "Targets of this kind are pinned by CA, not by key; register the target "
                         "with --ca-file.");
  if (!knows_names && !target.tls_name.empty() && target.tls_name != access.host)
    return misconfigured("TlsNameUnsupported",
                         "Targets of this kind are reached by the name of their certificate; "
                         "register the target with that name as its address.");
  return {};
}

Attempt<SecretText> SecretText::of(const SecretBytes& secret) {
  const std::string_view text = as_chars(TargetReveal::view(secret));
  if (text.find('\0') != std::string_view::npos)
    return rejected("CredentialText", "The credential holds a zero byte, which no target takes.");
  SR_TRY(SecretBytes joined, join(text, std::string_view("\0", 1), {}));
  return SecretText(std::move(joined));
}

const char* SecretText::c_str() const {
  return as_chars(TargetReveal::view(bytes_)).data();
}

std::string_view SecretText::view() const {
  const std::string_view all = as_chars(TargetReveal::view(bytes_));
  return all.substr(0, all.size() - 1);
}

Attempt<SecretBytes> join(std::string_view before, std::string_view secret,
                          std::string_view after) {
  auto made = SecretBytes::zeroed(before.size() + secret.size() + after.size());
  if (!made) return std::unexpected(failure_of(made.error()));
  auto at = TargetReveal::into(*made).begin();
  for (const std::string_view part : {before, secret, after}) at = std::ranges::copy(part, at).out;
  return std::move(*made);
}

std::string_view text_of(const SecretBytes& secret) {
  return as_chars(TargetReveal::view(secret));
}

std::span<char> room_of(SecretBytes& secret) {
  const auto room = TargetReveal::into(secret);
  return {reinterpret_cast<char*>(room.data()), room.size()};
}

Attempt<SecretBytes> doubled(const SecretBytes& secret, char quote) {
  const std::string_view text = text_of(secret);
  auto made = SecretBytes::zeroed(text.size() + std::ranges::count(text, quote));
  if (!made) return std::unexpected(failure_of(made.error()));
  auto at = TargetReveal::into(*made).begin();
  for (const char c : text) {
    if (c == quote) *at++ = static_cast<std::uint8_t>(c);
    *at++ = static_cast<std::uint8_t>(c);
  }
  return std::move(*made);
}

Attempt<SecretBytes> random_secret() {
  constexpr std::size_t kBytes = 64;
  constexpr std::string_view kDigits = "0123456789abcdef";
  auto made = SecretBytes::zeroed(kBytes);
  if (!made) return std::unexpected(failure_of(made.error()));
  const auto bytes = TargetReveal::into(*made);
  SystemRandom().fill(bytes);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(kDigits[byte & 0xf]);
  return std::move(*made);
}

Attempt<void> check_account(std::string_view account) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (account.empty() || account.size() > limits::kTargetAccountBytesMax || !is_utf8(account) ||
      std::ranges::any_of(account, control) || account.starts_with(' ') || account.ends_with(' '))
    return misconfigured("AccountName",
                         "The account's name is empty, longer than 128 bytes, begins or ends with "
                         "a space, or holds control characters.");
  return {};
}

}  // namespace strongroom::connector_kit
