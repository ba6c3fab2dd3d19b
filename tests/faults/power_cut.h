#pragma once
// One file as the disk holds it, with what is still only in the kernel's memory: what a power cut
// may leave of it.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "io_faults.h"

namespace strongroom::faults {

class Disk {
 public:
  /// Takes a recorded write or sync of the file.
  void apply(const Recorded& call);
  bool has_pending() const { return !pending_.empty(); }
  /// Synced writes are there; of the others each 512-byte sector with probability `kept`.
  std::string after_cut(std::mt19937& random, double kept) const;

 private:
  struct Pending {
    std::uint64_t offset;
    std::string bytes;
  };
  std::string durable_;
  std::vector<Pending> pending_;
};

}  // namespace strongroom::faults
