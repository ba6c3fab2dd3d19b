#include <string.h>

#include <algorithm>

#include "strongroom/base/check.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {
namespace {

// Holds every request but those that carry a large value percent-encoded.
constexpr std::size_t kFirstBlockBytes = 32U << 10;
constexpr std::size_t kOverflowBlockBytes = 64U << 10;

}  // namespace

Arena::Arena() : current_(&first_) {
  first_.bytes = std::make_unique_for_overwrite<char[]>(kFirstBlockBytes);
  first_.size = kFirstBlockBytes;
}

Arena::~Arena() {
  reset();
}

char* Arena::allocate(std::size_t size, std::size_t alignment) {
  std::size_t at = (current_->used + alignment - 1) & ~(alignment - 1);
  if (at > current_->size || current_->size - at < size) {
    const std::size_t block_size = std::max(size, kOverflowBlockBytes);
    overflow_.push_back({std::make_unique_for_overwrite<char[]>(block_size), block_size, 0});
    current_ = &overflow_.back();
    at = 0;
  }
  current_->used = at + size;
  return current_->bytes.get() + at;
}

void Arena::shrink_last(const char* allocation, std::size_t used) {
  const char* begin = current_->bytes.get();
  SR_CHECK(allocation >= begin && allocation + used <= begin + current_->used);
  current_->used = static_cast<std::size_t>(allocation - begin) + used;
}

void Arena::reset() {
  for (const Block& block : overflow_) explicit_bzero(block.bytes.get(), block.used);
  overflow_.clear();
  explicit_bzero(first_.bytes.get(), first_.used);
  first_.used = 0;
  current_ = &first_;
}

}  // namespace strongroom::wire_openapi
