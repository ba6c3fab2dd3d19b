#pragma once
// Stands between a test binary and the kernel's write and sync calls, those of shared libraries
// included.
//
// Counts the calls on files below one directory, makes the n-th fail, or records them all. The
// binary defines write, writev, pwrite, pwritev, fdatasync, fsync, msync and ftruncate itself, so
// nothing has to be preloaded. Global state; arm it before threads of the code under test start.

#include <cstdint>
#include <string>
#include <vector>

namespace strongroom::faults {

enum class Call : std::uint8_t { kWrite, kSync };

enum class Failure : std::uint8_t {
  kNone,
  kNoSpace,          // ENOSPC, nothing written
  kIoError,          // EIO, nothing written
  kShortWrite,       // half of the bytes written, no error
  kErrorAfterWrite,  // everything written, then EIO: what O_DSYNC gives when the sync part fails
  kKill,             // the process ends by SIGKILL, with nothing of this call done
};

struct Plan {
  Call call = Call::kWrite;
  std::uint64_t from = 0;   // the first call of this kind that fails, counted from 1; 0: none
  std::uint64_t count = 1;  // so many in a row
  Failure failure = Failure::kNone;
};

/// One call as it reached the disk.
struct Recorded {
  enum class Kind : std::uint8_t { kWrite, kSync, kNote };
  Kind kind;
  std::string path;
  std::uint64_t offset = 0;
  std::string bytes;     // of a write; the text of a note
  bool through = false;  // the descriptor is O_DSYNC: durable when it returned
};

/// Starts counting at zero for files below `directory` (a real path). A sync that fails is reported
/// once more on each other descriptor of the same file, as Linux does with a failed write-back.
void arm(const std::string& directory, Plan plan);
/// As arm(), and keeps every call for take_recording().
void arm_recording(const std::string& directory);
/// Lets everything through again.
void disarm();

/// Calls so far.
std::uint64_t calls(Call call);

/// Puts a mark of the test between the recorded calls.
void note(std::string text);
std::vector<Recorded> take_recording();

}  // namespace strongroom::faults
