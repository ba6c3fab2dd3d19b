#include "totp.h"

#include <charconv>

#include "strongroom/base/bytes.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::identity {
namespace {

constexpr std::int64_t kStepSeconds = 30;
constexpr std::size_t kDigits = 6;
constexpr std::uint32_t kModulus = 1'000'000;

}  // namespace

std::uint32_t totp_code(const SecretBytes& seed, std::uint64_t step) {
  std::string counter;
  append_u64(counter, step);
  const crypto::MacTag tag = crypto::hmac(crypto::MacHash::kSha1, seed, as_bytes(counter));
  const std::size_t offset = tag.bytes[19] & 0x0FU;  // RFC 4226 §5.3
  return (load_u32(as_chars(tag.view()).data() + offset) & 0x7FFFFFFFU) % kModulus;
}

std::optional<std::uint64_t> totp_step(const SecretBytes& seed, std::string_view code, Instant now,
                                       std::uint64_t after) {
  std::uint32_t given = 0;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), given);
  if (code.size() != kDigits || error != std::errc() || end != code.data() + code.size()) {
    return std::nullopt;
  }
  const auto current = static_cast<std::uint64_t>(now.unix_seconds() / kStepSeconds);
  for (std::uint64_t step = current - 1; step <= current + 1; ++step) {
    if (step > after && totp_code(seed, step) == given) return step;
  }
  return std::nullopt;
}

}  // namespace strongroom::identity
