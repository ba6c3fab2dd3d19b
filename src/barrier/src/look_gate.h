#pragma once
// Tells whether an I/O thread may look into the store itself.
//
// A look that has to wait for a page from the disk holds up every connection of its thread, so
// after one the gate is shut for a while and what is missing is read by workers. One page may have
// been only one that the kernel took back, and workers cost half as much again: so the first pause
// is short, and each wait soon after a pause doubles it. Used by one thread.

#include <cstdint>

namespace strongroom::barrier {

class LookGate {
 public:
  static constexpr std::int64_t kPauseNsMin = 20'000'000;
  static constexpr std::int64_t kPauseNsMax = 10'000'000'000;
  static constexpr std::uint32_t kCalmLooks = 1000;  // without a wait: what was is forgotten

  /// `now_ns`, here and below: by monotonic_ns.
  [[nodiscard]] bool open(std::int64_t now_ns) const { return now_ns >= shut_until_ns_; }
  /// After each look.
  void note(bool waited, std::int64_t now_ns);

 private:
  std::int64_t shut_until_ns_ = 0;
  std::int64_t pause_ns_ = 0;  // after the last wait; 0: none of late
  std::uint32_t calm_ = 0;     // looks since
};

}  // namespace strongroom::barrier
