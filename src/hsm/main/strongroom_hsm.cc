// One operation of a PKCS#11 token for strongroomd, in a process of its own.

#include <sys/random.h>

#include <array>

#include "strongroom/hsm/token.h"
#include "strongroom/slot_program/program.h"

namespace {

using namespace strongroom;

class TokenDevice final : public slot_program::Device {
 public:
  explicit TokenDevice(std::unique_ptr<hsm::Token> token) : token_(std::move(token)) {}

  Result<std::string> wrap(slot_program::SecretView secret) override {
    std::array<std::uint8_t, 12> nonce{};
    if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
      return fail(ErrorKind::kUnavailable, "Hsm.Random", "there is no randomness");
    SR_CHECK_OK(token_->ensure_key());
    return token_->wrap(secret, nonce);
  }
  Result<void> unwrap(std::string_view wrapped, slot_program::SecretRoom secret) override {
    return token_->unwrap(wrapped, secret);
  }

 private:
  std::unique_ptr<hsm::Token> token_;
};

Result<std::unique_ptr<slot_program::Device>> open_token(std::span<const std::string> place,
                                                         std::string_view pin) {
  SR_TRY(auto token,
         hsm::Token::open({.module = place[0], .token = place[1], .label = place[2]}, pin));
  return std::make_unique<TokenDevice>(std::move(token));
}

}  // namespace

int main() {
  return slot_program::run(3, open_token);
}
