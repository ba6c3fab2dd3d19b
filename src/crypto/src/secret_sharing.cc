// Threshold secret sharing from Botan.

#include "strongroom/crypto/secret_sharing.h"

#include <botan/rng.h>
#include <botan/tss.h>

#include <array>
#include <exception>

#include "crypto_reveal.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kSecretBytesMax = 65'000;

/// Ours as Botan wants one.
class BotanRandom final : public Botan::RandomNumberGenerator {
 public:
  explicit BotanRandom(Random& random) : random_(random) {}
  void randomize(std::uint8_t out[], std::size_t size) override { random_.fill({out, size}); }
  bool accepts_input() const override { return false; }
  void add_entropy(const std::uint8_t[], std::size_t) override {}
  std::string name() const override { return "strongroom"; }
  void clear() override {}
  bool is_seeded() const override { return true; }

 private:
  Random& random_;
};

}  // namespace

Result<std::vector<SecretBytes>> split_secret(const SecretBytes& secret, std::size_t threshold,
                                              std::size_t count, Random& random) {
  const bool sizes = threshold >= 2 && threshold <= count && count <= kSharesMax;
  if (!sizes || secret.empty() || secret.size() > kSecretBytesMax) {
    return fail(ErrorKind::kInvalidInput, "Shares.Numbers",
                "at least 2 shares must be needed, and no more than are made (255 at most)");
  }
  try {
    std::array<std::uint8_t, kShareIdBytes> id{};
    random.fill(id);
    BotanRandom source(random);
    const ByteView bytes = CryptoReveal::of(secret);
    const auto shares = Botan::RTSS_Share::split(
        static_cast<std::uint8_t>(threshold), static_cast<std::uint8_t>(count), bytes.data(),
        static_cast<std::uint16_t>(bytes.size()), {id.begin(), id.end()}, "SHA-256", source);
    std::vector<SecretBytes> made;
    for (const Botan::RTSS_Share& share : shares) {
      SR_TRY(SecretBytes copy, SecretBytes::copy_of({share.data().data(), share.data().size()}));
      made.push_back(std::move(copy));
    }
    return made;
  } catch (const std::exception&) {
    return internal_error("crypto: splitting a secret failed");
  }
}

Result<SecretBytes> join_shares(std::span<const SecretBytes> shares) {
  try {
    std::vector<Botan::RTSS_Share> given;
    for (const SecretBytes& share : shares) {
      const ByteView bytes = CryptoReveal::of(share);
      given.emplace_back(bytes.data(), bytes.size());
    }
    const auto joined = Botan::RTSS_Share::reconstruct(given);
    return SecretBytes::copy_of({joined.data(), joined.size()});
  } catch (const std::exception&) {
    return fail(ErrorKind::kDenied, "Shares.DoNotFit",
                "the shares do not give the secret: they are too few, the same one twice, of "
                "different sets, or mistyped. Nothing was changed. Give other shares");
  }
}

}  // namespace strongroom::crypto
