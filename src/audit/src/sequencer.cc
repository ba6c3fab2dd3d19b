#include "sequencer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

constexpr std::size_t kReadBytes = 128U << 10;  // some 190 records: 150 us of work
// The rests of one pass together are shorter, however much there is to read.
constexpr std::chrono::microseconds kRestsMax{limits::kAuditMergeMillis * 1000 / 2};
constexpr std::chrono::microseconds kRestMax{1'000};
constexpr std::size_t kCommittedSegmentsKept =
    2;  // what append_committed looks into for leaves that came before
static_assert(kReadBytes > limits::kAuditRecordBytesMax + audit_format::kSpoolFrameBytes);

std::chrono::microseconds rest_of(std::uint64_t bytes) {
  const auto pieces = static_cast<std::int64_t>(bytes / kReadBytes) + 1;
  return std::min(kRestMax, kRestsMax / pieces);
}

}  // namespace

Sequencer::Sequencer(TreeFiles& tree, Spool& spool) : tree_(tree), spool_(spool) {
  for (const auto& segment : tree_.segments()) offsets_[segment.number] = segment.offset;
}

std::vector<Sequencer::Unread> Sequencer::unread(const std::vector<SegmentPtr>& segments) const {
  std::vector<Unread> all;
  for (const SegmentPtr& segment : segments) {
    const auto known = offsets_.find(segment->number);
    all.push_back({.segment = segment,
                   .offset = known != offsets_.end()
                                 ? known->second
                                 : std::uint64_t{audit_format::kFileHeaderBytes},
                   .end = segment->written.load(std::memory_order_acquire)});
  }
  return all;
}

Result<void> Sequencer::pass(const Rest& rest) {
  const std::vector<SegmentPtr> segments = spool_.segments();
  std::vector<Unread> all = unread(segments);
  std::uint64_t bytes = 0;
  for (const Unread& one : all) bytes += one.end - one.offset;
  const auto between = [&rest, pause = rest_of(bytes)] {
    if (rest) rest(pause);
  };
  Offsets next;
  Result<void> outcome;
  for (Unread& one : all) {
    outcome = read(one, between);
    if (!outcome) break;
    if (one.offset > audit_format::kFileHeaderBytes) next[one.segment->number] = one.offset;
  }
  if (outcome) outcome = commit(next);
  if (!outcome) {
    tree_.rollback();
    return outcome;
  }
  offsets_ = std::move(next);
  remove_finished(segments);
  return {};
}

Result<void> Sequencer::read(Unread& what, const std::function<void()>& between) {
  const Segment& segment = *what.segment;
  while (what.offset < what.end) {
    buffer_.resize(std::min<std::uint64_t>(kReadBytes, what.end - what.offset));
    const ssize_t got =
        pread(segment.file.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(what.offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return io_error("read", segment.path, got < 0 ? errno : EIO);
    std::string_view rest = std::string_view(buffer_).substr(0, static_cast<std::size_t>(got));
    const std::size_t available = rest.size();
    while (const auto frame = audit_format::take_spool_frame(rest, segment.mark)) {
      SR_CHECK_OK(tree_.add(frame->leaf, frame->entry));
    }
    if (rest.size() == available) {
      return fail(ErrorKind::kCorrupt, "AuditLogCorrupt",
                  segment.path + " is damaged at byte " + std::to_string(what.offset));
    }
    what.offset += available - rest.size();
    if (what.offset < what.end) between();
  }
  return {};
}

Result<void> Sequencer::commit(const Offsets& offsets) {
  TreeFiles::Segments segments;
  for (const auto& [number, offset] : offsets) {
    segments.push_back({.number = number, .offset = offset});
  }
  return tree_.commit(segments);
}

void Sequencer::remove_finished(const std::vector<SegmentPtr>& segments) {
  std::size_t committed_kept = 0;
  for (auto it = segments.rbegin(); it != segments.rend(); ++it) {
    const SegmentPtr& segment = *it;
    if (segment->kind == kCommitted && ++committed_kept <= kCommittedSegmentsKept) continue;
    if (!segment->closed.load(std::memory_order_acquire)) continue;
    const auto known = offsets_.find(segment->number);
    const std::uint64_t read =
        known != offsets_.end() ? known->second : std::uint64_t{audit_format::kFileHeaderBytes};
    // Closed before this load, so `written` does not move any more.
    if (read == segment->written.load(std::memory_order_acquire)) spool_.done_with(segment);
  }
}

}  // namespace strongroom::audit
