#include "wiping_allocator.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <cstdlib>

#include "strongroom/base/limits.h"

namespace strongroom::crypto {
namespace {

void* allocate(std::size_t size, const char*, int) {
  return std::malloc(size);
}

void release(void* block, const char*, int) {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
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
