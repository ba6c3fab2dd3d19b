#include "turn_output.h"

#include <algorithm>
#include <cstring>

namespace strongroom::net {
namespace {
constexpr std::size_t kBlockBytes = 256U << 10;
}

TurnOutput::~TurnOutput() {
  clear();
}

TurnOutput::Block& TurnOutput::block_for(std::size_t size) {
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < size) {
    const std::size_t capacity = std::max(kBlockBytes, size);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity, 0});
  }
  return blocks_.back();
}

void TurnOutput::add(Answer answer) {
  Block& block = block_for(answer.bytes.size());
  char* at = block.bytes.get() + block.used;
  std::memcpy(at, answer.bytes.data(), answer.bytes.size());
  block.used += answer.bytes.size();
  bytes_ += answer.bytes.size();
  answer.bytes = {at, answer.bytes.size()};
  answers_.push_back(answer);
}

void TurnOutput::clear() {
  for (Block& block : blocks_) {
    explicit_bzero(block.bytes.get(), block.used);
    block.used = 0;
  }
  if (blocks_.size() > 1 || (!blocks_.empty() && blocks_.front().capacity > kBlockBytes)) {
    const bool keep = blocks_.front().capacity == kBlockBytes;
    blocks_.resize(keep ? 1 : 0);
  }
  answers_.clear();
  bytes_ = 0;
}

}  // namespace strongroom::net
