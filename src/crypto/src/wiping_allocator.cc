#include "wiping_allocator.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <cstdlib>

#include "strongroom/base/limits.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kFewBytes = 128;
constexpr std::size_t kStep = 8;

void* allocate(std::size_t size, const char*, int) {
  return std::malloc(size);
}

// A handshake frees some two thousand blocks, nearly all of a few words: those are cleared here,
// since a call for each would take longer than the clearing.
void wipe(void* block, std::size_t size) {
  if (size > kFewBytes) {
    explicit_bzero(block, size);
    return;
  }
  auto* at = static_cast<char*>(block);
  for (; size >= kStep; size -= kStep, at += kStep) memset(at, 0, kStep);
  for (; size > 0; --size) *at++ = 0;
  asm volatile("" : : "r"(block) : "memory");  // as if the block were looked at: not left out
}

void release(void* block, const char*, int) {
  if (block == nullptr) return;
  wipe(block, malloc_usable_size(block));
  std::free(block);
}

void* resize(void* block, std::size_t size, const char* file, int line) {
  if (block == nullptr) return allocate(size, file, line);
  if (size == 0) {
    release(block, file, line);
    return nullptr;
  }
  const std::size_t before = malloc_usable_size(block);
  if (size <= before) return block;
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  memcpy(moved, block, before);
  release(block, file, line);
  return moved;
}

// Before anything can have allocated: libcrypto refuses afterwards.
const bool kInstalled = CRYPTO_set_mem_functions(allocate, resize, release) == 1;

constexpr std::size_t kSmallestBlockBytes = 32;

}  // namespace

void use_locked_key_heap() {
  static const bool made =
      kInstalled && CRYPTO_secure_malloc_init(limits::kKeyHeapBytes, kSmallestBlockBytes) != 0;
  static_cast<void>(made);
}

}  // namespace strongroom::crypto
