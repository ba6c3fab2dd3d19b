#pragma once
// What it takes to call a data directory restorable: it unseals as at a start, its state sums hold,
// every record opens, the audit tree stands, and for every account and key a value can be read.
// Reads only. Blocking; one thread.

#include <cstdint>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/base/result.h"

namespace strongroom::server {

struct Proof {
  std::uint64_t records = 0;  // opened, time tables included
  std::uint64_t values = 0;   // rows of values, whose commitments the records hold
  std::uint64_t accounts = 0;
  std::uint64_t keys = 0;         // keys under which a value was read
  std::uint64_t reads = 0;        // values read
  std::uint64_t other_epoch = 0;  // records that wait for being sealed again
  std::uint64_t audit_entries = 0;
};

/// kCorrupt with the place where something does not hold; else as opening the parts.
Result<Proof> prove_directory(const std::string& directory, barrier::UnsealedDirectory opened);

/// A line for people.
std::string describe(const Proof& proof);

}  // namespace strongroom::server
