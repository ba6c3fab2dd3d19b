#pragma once
// Moves frames from the spool into the tree. One thread at a time.

#include <cstdint>
#include <map>
#include <string>

#include "spool.h"
#include "strongroom/base/result.h"
#include "tree_files.h"

namespace strongroom::audit {

class Sequencer {
 public:
  /// `tree` and `spool` outlive it. Goes on where the tree's state says.
  Sequencer(TreeFiles& tree, Spool& spool);

  /// Everything that was written before the call becomes part of the signed tree; segments read to
  /// their end are deleted. On an error nothing has changed and the next pass tries again.
  Result<void> pass();

 private:
  using Offsets = std::map<std::uint64_t, std::uint64_t>;

  Result<void> read(const Segment& segment, std::uint64_t end, std::uint64_t& offset);
  Result<void> commit(const Offsets& offsets);
  void remove_finished(const std::vector<SegmentPtr>& segments);

  TreeFiles& tree_;
  Spool& spool_;
  Offsets offsets_;
  std::string buffer_;
};

}  // namespace strongroom::audit
