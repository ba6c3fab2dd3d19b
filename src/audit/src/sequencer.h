#pragma once
// Moves frames from the spool into the tree. One thread at a time.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "spool.h"
#include "strongroom/base/result.h"
#include "tree_files.h"

namespace strongroom::audit {

class Sequencer {
 public:
  /// `tree` and `spool` outlive it. Goes on where the tree's state says.
  Sequencer(TreeFiles& tree, Spool& spool);

  /// Called between two pieces of work with how long to rest, so that an I/O thread on the same
  /// core is held up for one piece only. May return earlier where somebody waits for the pass.
  using Rest = std::function<void(std::chrono::microseconds)>;

  /// Everything that was written before the call becomes part of the signed tree; segments read to
  /// their end are deleted. On an error nothing has changed and the next pass tries again. All
  /// rests together are shorter than limits::kAuditMergeMillis; an empty `rest`: none.
  Result<void> pass(const Rest& rest);

 private:
  using Offsets = std::map<std::uint64_t, std::uint64_t>;

  /// What has been written and not been read.
  struct Unread {
    SegmentPtr segment;
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
  };
  std::vector<Unread> unread(const std::vector<SegmentPtr>& segments) const;
  Result<void> read(Unread& what, const std::function<void()>& between);
  Result<void> commit(const Offsets& offsets);
  void remove_finished(const std::vector<SegmentPtr>& segments);

  TreeFiles& tree_;
  Spool& spool_;
  Offsets offsets_;
  std::string buffer_;
};

}  // namespace strongroom::audit
