#pragma once
// Spool segments: preallocated files into which one writer writes and out of which the sequencer
// reads. A few files go from segment to segment: their blocks are in place and their pages in
// memory, so that a write is a copy. Class Spool hands segments out and is thread-safe; a segment
// has one writing thread and is read by the sequencer up to `written`.

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
  std::uint16_t mark = 0;  // of its frames
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

  /// A new segment with room for at least `bytes` of frames; a spare one if there is one.
  /// kUnavailable if the disk refuses or limits::kAuditSpoolSegmentsMax wait already.
  Result<SegmentPtr> take(char kind, std::size_t bytes);

  /// Has a spare segment made for the next take(kReads) if there is none. kUnavailable if the disk
  /// refuses.
  Result<void> prepare_spare();
  /// Forgets the spare ones, so that the next prepare_spare() tries the disk.
  void drop_spares();

  /// All segments that are not done with, oldest first.
  std::vector<SegmentPtr> segments() const;
  /// The segment is closed and read to its end, which the resume file says: its file becomes a
  /// spare segment, or is deleted. For the thread that reads it.
  void done_with(const SegmentPtr& segment);

 private:
  Result<SegmentPtr> create(char kind, std::size_t bytes);
  /// A segment with the next number and no file yet.
  SegmentPtr numbered(char kind, std::uint64_t capacity);
  bool wants_file_of(const Segment& segment) const;
  /// A spare segment in the file of one that is done with. Nothing if the disk refuses.
  SegmentPtr take_over(Segment& segment);

  const std::string directory_;
  Io& io_;
  mutable std::mutex mutex_;
  std::vector<SegmentPtr> segments_;
  std::vector<SegmentPtr> spares_;  // the last one is the warmest
  std::uint64_t next_number_ = 1;
};

}  // namespace strongroom::audit
