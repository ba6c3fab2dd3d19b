#include "strongroom/crypto/digest.h"

#include <utility>

#include "evp.h"
#include "sha256_state.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto {
namespace {

// The context must be fresh; it is fresh again afterwards.
Digest32 finish_and_restart(EVP_MD_CTX* context) {
  Digest32 digest;
  unsigned int size = 0;
  SR_CHECK(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == digest.size());
  SR_CHECK(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
  return digest;
}

void add(EVP_MD_CTX* context, ByteView data) {
  SR_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
}

}  // namespace

Digest32 sha256(ByteView data) {
  return sha256(data, {}, {});
}
Digest32 sha256(ByteView first, ByteView second) {
  return sha256(first, second, {});
}

Digest32 sha256(ByteView first, ByteView second, ByteView third) {
  Sha256State state;
  state.update(first);
  state.update(second);
  state.update(third);
  Digest32 digest;
  state.finish(digest);
  return digest;
}

Digest32 sm3(ByteView data) {
  EVP_MD_CTX* context = evp::thread_contexts().sm3.get();
  add(context, data);
  return finish_and_restart(context);
}

struct Sha256::State {
  Sha256State hash;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView data) {
  state_->hash.update(data);
}
Digest32 Sha256::finish() {
  Digest32 digest;
  std::exchange(state_->hash, Sha256State()).finish(digest);
  return digest;
}

}  // namespace strongroom::crypto
