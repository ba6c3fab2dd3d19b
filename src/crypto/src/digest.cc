#include "strongroom/crypto/digest.h"

#include <utility>

#include "evp.h"
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
  EVP_MD_CTX* context = evp::thread_contexts().sha256.get();
  add(context, first);
  if (!second.empty()) add(context, second);
  if (!third.empty()) add(context, third);
  return finish_and_restart(context);
}

Digest32 sm3(ByteView data) {
  EVP_MD_CTX* context = evp::thread_contexts().sm3.get();
  add(context, data);
  return finish_and_restart(context);
}

struct Sha256::State {
  evp::MdCtx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->context.reset(EVP_MD_CTX_new());
  SR_CHECK(state_->context &&
           EVP_DigestInit_ex2(state_->context.get(), evp::algorithms().sha256, nullptr) == 1);
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView data) {
  add(state_->context.get(), data);
}
Digest32 Sha256::finish() {
  return finish_and_restart(state_->context.get());
}

}  // namespace strongroom::crypto
