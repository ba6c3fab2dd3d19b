#include "strongroom/secmem/secret_bytes.h"

#include <string.h>

#include <utility>

#include "arena.h"
#include "strongroom/base/check.h"

namespace strongroom {
namespace {

[[maybe_unused]] constexpr std::size_t kSlackChecked = 16;

std::unexpected<Error> exhausted() {
  return fail(ErrorKind::kExhausted, "LockedMemoryExhausted",
              "no memory is left for secrets; lower the cache bounds or the load");
}

// Bytes between what was asked for and the end of the block are zero unless somebody wrote past the
// end.
void check_slack([[maybe_unused]] const std::uint8_t* data, [[maybe_unused]] std::size_t size) {
#ifndef SR_ASAN  // there the slack is poisoned and the write itself is reported
  if (size > secmem::kSlabBlockBytesMax) return;
  const std::size_t slack = secmem::class_bytes(secmem::class_of(size)) - size;
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < slack && i < kSlackChecked; ++i) seen |= data[size + i];
  SR_CHECK(seen == 0);
#endif
}

void wipe_and_release(std::uint8_t* data, std::size_t size) {
  if (data == nullptr) return;
  check_slack(data, size);
  explicit_bzero(data, size);
  secmem::cached_release(data, size);
}

}  // namespace

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  wipe_and_release(data_, size_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes::~SecretBytes() {
  wipe_and_release(data_, size_);
}

Result<SecretBytes> SecretBytes::zeroed(std::size_t size) {
  if (size == 0) return SecretBytes();
  std::uint8_t* data = secmem::cached_allocate(size);
  if (data == nullptr) return exhausted();
  return SecretBytes(data, size);
}

Result<SecretBytes> SecretBytes::copy_of(std::span<const std::uint8_t> source) {
  SR_TRY(auto secret, zeroed(source.size()));
  if (!source.empty()) memcpy(secret.data_, source.data(), source.size());
  return secret;
}

Result<SecretBytes> SecretBytes::take(std::span<std::uint8_t> source) {
  auto secret = copy_of(source);
  if (!source.empty()) explicit_bzero(source.data(), source.size());
  return secret;
}

LockedMemory locked_memory() {
  return secmem::Arena::process().status();
}

}  // namespace strongroom
