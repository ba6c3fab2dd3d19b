#include "power_cut.h"

#include <string_view>

namespace strongroom::faults {
namespace {

constexpr std::size_t kSector = 512;

void put(std::string& image, std::uint64_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  image.replace(offset, bytes.size(), bytes);
}

}  // namespace

void Disk::apply(const Recorded& call) {
  if (call.kind == Recorded::Kind::kSync) {
    for (const Pending& write : pending_) put(durable_, write.offset, write.bytes);
    pending_.clear();
  } else if (call.kind == Recorded::Kind::kWrite && call.through) {
    put(durable_, call.offset, call.bytes);
  } else if (call.kind == Recorded::Kind::kWrite) {
    pending_.push_back({call.offset, call.bytes});
  }
}

std::string Disk::after_cut(std::mt19937& random, double kept) const {
  std::string image = durable_;
  std::bernoulli_distribution survives(kept);
  for (const Pending& write : pending_) {
    for (std::size_t at = 0; at < write.bytes.size(); at += kSector) {
      if (!survives(random)) continue;
      put(image, write.offset + at, std::string_view(write.bytes).substr(at, kSector));
    }
  }
  return image;
}

}  // namespace strongroom::faults
