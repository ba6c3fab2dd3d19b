#pragma once
// Spool segments: preallocated files into which one writer writes and out of which the sequencer
// reads. Class Spool hands them out and is thread-safe; a segment has one writing thread and is
// read by the sequencer up to `written`.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/base/result.h"

namespace strongroom::audit {

inline constexpr char kReads = 'r';
inline constexpr char kCommitted = 'c';

struct Segment {
  char kind = kReads;
  std::uint64_t number = 0;
  std::string path;
  Descriptor file;
  std::uint64_t capacity = 0;
  std::atomic<std::uint64_t> written{
      audit_format::kFileHeaderBytes};  // bytes of acknowledged frames
  std::atomic<bool> closed{false};      // nothing will be written any more
};

using SegmentPtr = std::shared_ptr<Segment>;

class Spool {
 public:
  Spool(std::string directory, Io& io) : directory_(std::move(directory)), io_(io) {}

  /// Finds the segments of an earlier process, all closed, each with the end of its good frames.
  /// `offsets` are those of the resume state. Calls `committed` for every frame of a committed
  /// segment, read or not. kCorrupt, kUnavailable.
  Result<void> recover(
      const std::vector<audit_format::ResumeState::Segment>& offsets,
      const std::function<void(std::uint64_t number, const audit_format::Hash&)>& committed);

  /// A new segment with room for at least `bytes` of frames; the spare one if there is one.
  /// kUnavailable if the disk refuses or limits::kAuditSpoolSegmentsMax wait already.
  Result<SegmentPtr> take(char kind, std::size_t bytes);

  /// Has a spare segment made for the next take(kReads). kUnavailable if the disk refuses.
  Result<void> prepare_spare();
  /// Forgets the spare one, so that the next prepare_spare() tries the disk.
  void drop_spare();

  /// All segments that are not deleted, oldest first.
  std::vector<SegmentPtr> segments() const;
  /// Deletes a segment that was read to its end.
  void remove(const SegmentPtr& segment);

 private:
  Result<SegmentPtr> create(char kind, std::size_t bytes);

  const std::string directory_;
  Io& io_;
  mutable std::mutex mutex_;
  std::vector<SegmentPtr> segments_;
  SegmentPtr spare_;
  std::uint64_t next_number_ = 1;
};

}  // namespace strongroom::audit
