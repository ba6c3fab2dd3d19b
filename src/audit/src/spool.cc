#include "spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "strongroom/audit_format/reader.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"

namespace strongroom::audit {

Result<void> Spool::recover(
    const std::vector<audit_format::ResumeState::Segment>& offsets,
    const std::function<void(std::uint64_t, const audit_format::Hash&)>& committed) {
  const std::string spool = directory_ + '/' + std::string(audit_format::kSpoolDirectory);
  std::error_code error;
  for (std::filesystem::directory_iterator it(spool, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto number = name.size() > 2
                            ? audit_format::parse_number20(std::string_view(name).substr(2))
                            : std::nullopt;
    if (!number || (name[0] != kReads && name[0] != kCommitted)) continue;
    auto segment = std::make_shared<Segment>();
    segment->kind = name[0];
    segment->number = *number;
    segment->path = it->path().string();
    segment->closed = true;
    SR_TRY(segment->file, open_file(segment->path, O_RDONLY));
    segments_.push_back(std::move(segment));
  }
  if (error) return io_error("list", spool, error.value());
  std::ranges::sort(segments_, {}, [](const SegmentPtr& segment) { return segment->number; });
  for (const auto& offset : offsets) next_number_ = std::max(next_number_, offset.number + 1);
  for (const SegmentPtr& segment : segments_) {
    next_number_ = std::max(next_number_, segment->number + 1);
    std::uint64_t start = audit_format::kFileHeaderBytes;
    for (const auto& offset : offsets) {
      if (offset.number == segment->number && segment->kind == kReads) start = offset.offset;
    }
    SR_TRY(
        const audit_format::SpoolEnd end,
        audit_format::for_each_spool_frame(segment->path, segment->number, start,
                                           [&](const audit_format::Hash& leaf, std::string_view) {
                                             if (segment->kind == kCommitted)
                                               committed(segment->number, leaf);
                                           }));
    segment->written = end.offset;
    segment->mark = end.mark;
  }
  return {};
}

Result<SegmentPtr> Spool::take(char kind, std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    // Open ones are bounded by the number of writers.
    const auto waiting = std::ranges::count_if(
        segments_, [](const SegmentPtr& segment) { return segment->closed.load(); });
    if (static_cast<std::size_t>(waiting) >= limits::kAuditSpoolSegmentsMax) {
      return fail(ErrorKind::kUnavailable, "AuditBacklog",
                  "the audit log's tree falls behind: too many segments wait");
    }
    if (kind == kReads && !spares_.empty() &&
        bytes + audit_format::kFileHeaderBytes <= spares_.back()->capacity) {
      segments_.push_back(std::move(spares_.back()));
      spares_.pop_back();
      return segments_.back();
    }
  }
  SR_TRY(auto segment, create(kind, bytes));
  const std::lock_guard lock(mutex_);
  segments_.push_back(segment);
  return segment;
}

Result<SegmentPtr> Spool::create(char kind, std::size_t bytes) {
  auto segment = numbered(
      kind, std::max(kind == kReads ? limits::kAuditSpoolBytes : limits::kAuditCommittedSpoolBytes,
                     bytes + audit_format::kFileHeaderBytes));
  SR_TRY(segment->file, open_file(segment->path, O_RDWR | O_CREAT | O_EXCL));
  const int refused = io_.allocate(segment->file.get(), segment->capacity);
  auto outcome = refused == 0 ? write_all(io_, segment->file.get(),
                                          audit_format::spool_header(segment->number), 0)
                              : Result<void>(io_error("reserve", segment->path, refused));
  if (!outcome) {
    unlink(segment->path.c_str());
    return std::unexpected(std::move(outcome).error());
  }
  must_sync(io_, segment->file.get());
  must_sync_directory(io_, directory_ + '/' + std::string(audit_format::kSpoolDirectory));
  return segment;
}

SegmentPtr Spool::numbered(char kind, std::uint64_t capacity) {
  auto segment = std::make_shared<Segment>();
  segment->kind = kind;
  {
    const std::lock_guard lock(mutex_);
    segment->number = next_number_++;
  }
  segment->mark = audit_format::spool_mark(segment->number);
  segment->path = directory_ + '/' + audit_format::spool_path(kind, segment->number);
  segment->capacity = capacity;
  return segment;
}

Result<void> Spool::prepare_spare() {
  {
    const std::lock_guard lock(mutex_);
    if (!spares_.empty()) return {};
  }
  SR_TRY(auto segment, create(kReads, 0));
  const std::lock_guard lock(mutex_);
  spares_.push_back(std::move(segment));
  return {};
}

void Spool::drop_spares() {
  const std::lock_guard lock(mutex_);
  for (const SegmentPtr& spare : spares_) unlink(spare->path.c_str());
  spares_.clear();
}

std::vector<SegmentPtr> Spool::segments() const {
  const std::lock_guard lock(mutex_);
  return segments_;
}

bool Spool::wants_file_of(const Segment& segment) const {
  if (segment.kind != kReads || segment.capacity != limits::kAuditSpoolBytes) return false;
  const std::lock_guard lock(mutex_);
  return spares_.size() < limits::kAuditSpareSegmentsMax;
}

// Nothing is synced: whichever of the new name and the new header a power failure keeps, the file
// then holds no frame of the segment that it is named after, and what it held before is in the
// tree.
SegmentPtr Spool::take_over(Segment& segment) {
  SegmentPtr next = numbered(segment.kind, segment.capacity);
  if (rename(segment.path.c_str(), next->path.c_str()) != 0) return nullptr;
  segment.path = next->path;
  if (!write_all(io_, segment.file.get(), audit_format::spool_header(next->number), 0)) {
    return nullptr;
  }
  next->file = std::move(segment.file);
  return next;
}

void Spool::done_with(const SegmentPtr& segment) {
  SegmentPtr spare = wants_file_of(*segment) ? take_over(*segment) : nullptr;
  // If it cannot be deleted it is found again at the next start; its offset keeps it from being
  // read twice.
  if (!spare && unlink(segment->path.c_str()) != 0 && errno != ENOENT) {
    log::warn("audit_segment_not_deleted",
              {{"number", static_cast<std::int64_t>(segment->number)}});
    return;
  }
  const std::lock_guard lock(mutex_);
  std::erase(segments_, segment);
  if (spare) spares_.push_back(std::move(spare));
}

}  // namespace strongroom::audit
