#include "strongroom/audit_format/archive.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "strongroom/audit_format/entry.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_format {
namespace {

constexpr std::string_view kMagic("SRAUDZ1\0", 8);
constexpr int kLevel =
    1;  // of records, no larger than at level 6 and done in a seventh of the time
constexpr std::size_t kBlockRowBytes = 36;
constexpr std::size_t kIndexRowBytes = 12;
constexpr std::size_t kFooterBytes = 64;
constexpr std::size_t kNearRows = 256;  // of the index: less than a page
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kGuessBytes = 8U << 10;  // a second guess at a row is seldom off by more
constexpr int kGuessesMax = 12;
constexpr std::size_t kRawBytesMax =
    limits::kAuditBlockBytes + limits::kAuditRecordBytesMax + kVolumeFrameBytes;

std::unexpected<Error> damaged(const std::string& path, const char* what) {
  return fail(ErrorKind::kCorrupt, "AuditLogCorrupt", path + ": " + what);
}

/// FNV-1a with a last mix. Nothing rests on it being hard to aim at: a match only says where to
/// look.
class Mark {
 public:
  void add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  }
  std::uint64_t value() const {
    std::uint64_t mixed = value_ ^ value_ >> 32;
    mixed *= 0xd6e8feb86659fd93U;
    return mixed ^ mixed >> 32;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

bool is_indexed(std::string_view field) {
  return std::ranges::find(kIndexedFields, field) != kIndexedFields.end();
}

void append_marks(std::vector<std::uint64_t>& marks, const Field& field) {
  if (!is_indexed(field.name)) return;
  marks.push_back(fingerprint(field.name, field.value));
  if (field.name == "resource") {
    marks.push_back(fingerprint(kResourceId, resource_id(field.value)));
  }
}

void append_marks(std::vector<std::uint64_t>& marks, std::string_view entry) {
  FieldScanner fields(entry);
  while (const auto field = fields.next()) append_marks(marks, *field);
}

void sort_unique(std::vector<std::uint64_t>& marks) {
  std::ranges::sort(marks);
  const auto rest = std::ranges::unique(marks);
  marks.erase(rest.begin(), rest.end());
}

}  // namespace

std::string archive_path(std::uint64_t first_index) {
  return volume_path(first_index) + ".z";
}

std::uint64_t fingerprint(std::string_view field, std::string_view raw) {
  Mark mark;
  mark.add(field);
  mark.add("=");
  mark.add(raw);
  return mark.value();
}

ArchiveBuilder::ArchiveBuilder(std::uint64_t first_index) : out_(kMagic) {
  append_u64(out_, first_index);
}

void ArchiveBuilder::add(std::string_view entry) {
  const Instant time = entry_time(entry);
  if (open_.entries == 0) open_.oldest = open_.newest = time;
  open_.oldest = std::min(open_.oldest, time);
  open_.newest = std::max(open_.newest, time);
  ++open_.entries;
  append_volume_frame(frames_, entry);
  mark_fields(entry);
  if (frames_.size() >= limits::kAuditBlockBytes) close_block();
}

// Most members of an entry are those of the entry before it, which the block has marked.
void ArchiveBuilder::mark_fields(std::string_view entry) {
  FieldScanner fields(entry);
  for (std::size_t place = 0; const auto field = fields.next(); ++place) {
    if (place == previous_.size()) previous_.emplace_back();
    auto& [name, value] = previous_[place];
    if (name == field->name && value == field->value) continue;
    name = field->name;
    value = field->value;
    append_marks(marks_, *field);
  }
}

void ArchiveBuilder::close_block() {
  if (open_.entries == 0) return;
  sort_unique(marks_);
  const auto number = static_cast<std::uint32_t>(blocks_.size());
  for (const std::uint64_t mark : marks_) index_.emplace_back(mark, number);
  const std::size_t at = out_.size();
  out_.resize(at + ZSTD_compressBound(frames_.size()));
  const std::size_t packed =
      ZSTD_compress(out_.data() + at, out_.size() - at, frames_.data(), frames_.size(), kLevel);
  SR_CHECK(ZSTD_isError(packed) == 0);
  out_.resize(at + packed);
  open_.offset = at;
  open_.bytes = static_cast<std::uint32_t>(packed);
  open_.raw_bytes = static_cast<std::uint32_t>(frames_.size());
  blocks_.push_back(open_);
  open_ = {};
  frames_.clear();
  marks_.clear();
  previous_.clear();
}

std::string ArchiveBuilder::finish() && {
  close_block();
  std::ranges::sort(index_);
  const std::size_t blocks_at = out_.size();
  std::uint64_t entries = 0;
  Instant oldest = blocks_.empty() ? Instant{} : blocks_.front().oldest;
  Instant newest = oldest;
  for (const Block& block : blocks_) {
    append_u64(out_, block.offset);
    append_u32(out_, block.bytes);
    append_u32(out_, block.raw_bytes);
    append_u32(out_, block.entries);
    append_u64(out_, static_cast<std::uint64_t>(block.oldest.unix_ms));
    append_u64(out_, static_cast<std::uint64_t>(block.newest.unix_ms));
    entries += block.entries;
    oldest = std::min(oldest, block.oldest);
    newest = std::max(newest, block.newest);
  }
  const std::size_t index_at = out_.size();
  for (const auto& [mark, block] : index_) {
    append_u64(out_, mark);
    append_u32(out_, block);
  }
  append_u64(out_, blocks_at);
  append_u64(out_, blocks_.size());
  append_u64(out_, index_at);
  append_u64(out_, index_.size());
  append_u64(out_, entries);
  append_u64(out_, static_cast<std::uint64_t>(oldest.unix_ms));
  append_u64(out_, static_cast<std::uint64_t>(newest.unix_ms));
  out_ += kMagic;
  return std::move(out_);
}

struct Archive::Impl {
  std::string path;
  const char* data = nullptr;
  std::size_t size = 0;
  std::uint64_t first = 0;
  std::uint64_t blocks_at = 0;
  std::uint64_t blocks = 0;
  std::uint64_t index_at = 0;
  std::uint64_t index_rows = 0;
  std::uint64_t entries = 0;
  Instant oldest;
  Instant newest;
  std::vector<std::uint64_t> firsts;  // of each block

  ~Impl() {
    if (data != nullptr) munmap(const_cast<char*>(data), size);
  }
  const char* block_row(std::size_t number) const {
    SR_CHECK(number < blocks);
    return data + blocks_at + number * kBlockRowBytes;
  }
  std::uint64_t mark(std::size_t row) const {
    return load_u64(data + index_at + row * kIndexRowBytes);
  }
  std::uint32_t mark_block(std::size_t row) const {
    return load_u32(data + index_at + row * kIndexRowBytes + 8);
  }
  std::size_t first_row(std::uint64_t fingerprint) const;
  /// The operating system fetches what is not in memory yet, in one piece, while we go on.
  void expect(std::uint64_t from, std::uint64_t to) const {
    to = std::min<std::uint64_t>(to, size);
    from = std::min(from, to) / kPageBytes * kPageBytes;
    if (from < to) madvise(const_cast<char*>(data) + from, to - from, MADV_WILLNEED);
  }
  /// How many rows of an index of evenly spread fingerprints lie below this one.
  std::uint64_t share(std::uint64_t fingerprint) const {
    const double part = static_cast<double>(fingerprint) /
                        static_cast<double>(std::numeric_limits<std::uint64_t>::max());
    const auto rows = static_cast<std::uint64_t>(part * static_cast<double>(index_rows));
    return std::min(rows, index_rows - std::min<std::uint64_t>(index_rows, 1));
  }
  Result<void> map();
  Result<void> read_tables();
  Result<void> read_blocks();
};

Result<void> Archive::Impl::map() {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    return fail(error == ENOENT ? ErrorKind::kNotFound : ErrorKind::kUnavailable, "AuditFile",
                "cannot open " + path + ": " + std::system_category().message(error));
  }
  struct stat status{};
  if (fstat(descriptor, &status) == 0) size = static_cast<std::size_t>(status.st_size);
  void* mapped = size >= kFileHeaderBytes + kFooterBytes
                     ? mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0)
                     : MAP_FAILED;
  close(descriptor);
  // Single rows of the index, here and there: nothing is read ahead.
  if (mapped != MAP_FAILED) madvise(mapped, size, MADV_RANDOM);
  if (mapped == MAP_FAILED) return damaged(path, "the archive is cut off");
  data = static_cast<const char*>(mapped);
  return {};
}

Result<void> Archive::Impl::read_tables() {
  const char* footer = data + size - kFooterBytes;
  const auto number = [footer](std::size_t at) { return load_u64(footer + 8 * at); };
  const std::string_view all(data, size);
  if (!all.ends_with(kMagic)) return damaged(path, "the archive's end is damaged");
  blocks_at = number(0);
  blocks = number(1);
  index_at = number(2);
  index_rows = number(3);
  entries = number(4);
  oldest = {static_cast<std::int64_t>(number(5))};
  newest = {static_cast<std::int64_t>(number(6))};
  const std::uint64_t end = size - kFooterBytes;
  const bool fits = blocks_at <= end && index_at <= end && blocks_at <= index_at &&
                    blocks == (index_at - blocks_at) / kBlockRowBytes &&
                    index_rows == (end - index_at) / kIndexRowBytes &&
                    blocks_at + blocks * kBlockRowBytes == index_at &&
                    index_at + index_rows * kIndexRowBytes == end;
  if (!fits) return damaged(path, "the archive's tables are damaged");
  return {};
}

Result<void> Archive::Impl::read_blocks() {
  const std::string_view all(data, size);
  if (!all.starts_with(kMagic) || load_u64(data + kMagic.size()) != first)
    return damaged(path, "the archive's header is damaged");
  std::uint64_t next = first;
  firsts.reserve(blocks);
  for (std::size_t i = 0; i < blocks; ++i) {
    firsts.push_back(next);
    next += load_u32(block_row(i) + 16);
  }
  if (next != first + entries) return damaged(path, "the archive's tables are damaged");
  return {};
}

Archive::Archive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

Result<Archive> Archive::open(const std::string& path, std::uint64_t first_index) {
  SR_TRY(Archive archive, open_index(path, first_index));
  madvise(const_cast<char*>(archive.impl_->data), archive.impl_->size, MADV_NORMAL);
  SR_CHECK_OK(archive.read_blocks());
  return archive;
}

Result<void> Archive::read_blocks() {
  return impl_->read_blocks();
}

Result<Archive> Archive::open_index(const std::string& path, std::uint64_t first_index) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->first = first_index;
  SR_CHECK_OK(impl->map());
  SR_CHECK_OK(impl->read_tables());
  return Archive(std::move(impl));
}

void Archive::will_open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const off_t end = lseek(descriptor, 0, SEEK_END);
  const off_t tail = std::min<off_t>(end, kPageBytes);
  posix_fadvise(descriptor, end - tail, tail, POSIX_FADV_WILLNEED);
  close(descriptor);
}

std::uint64_t Archive::will_ask(std::uint64_t fingerprint) const {
  const std::uint64_t row = impl_->share(fingerprint);
  const std::uint64_t at = impl_->index_at + row * kIndexRowBytes;
  impl_->expect(at, at + kIndexRowBytes);
  return row;
}

void Archive::will_ask_near(std::uint64_t fingerprint, std::uint64_t row) const {
  if (row >= impl_->index_rows) return;
  const std::uint64_t there = impl_->mark(row);
  const bool behind = fingerprint > there;
  const std::uint64_t way =
      impl_->share(behind ? fingerprint - there : there - fingerprint) * kIndexRowBytes;
  const std::uint64_t at = impl_->index_at + row * kIndexRowBytes;
  const std::uint64_t guess = behind ? at + way : at - std::min(at - impl_->index_at, way);
  impl_->expect(guess - std::min<std::uint64_t>(guess, kGuessBytes), guess + kGuessBytes);
}

void Archive::will_list_blocks() const {
  impl_->expect(0, kFileHeaderBytes);
  impl_->expect(impl_->blocks_at, impl_->index_at);
}

void Archive::will_read(std::size_t number) const {
  const char* row = impl_->block_row(number);
  const std::uint64_t offset = load_u64(row);
  if (offset < impl_->blocks_at) impl_->expect(offset, offset + load_u32(row + 8));
}

std::size_t Archive::block_count() const {
  return impl_->blocks;
}

Archive::Block Archive::block(std::size_t number) const {
  const char* row = impl_->block_row(number);
  return {.first = impl_->firsts[number],
          .entries = load_u32(row + 16),
          .oldest = {static_cast<std::int64_t>(load_u64(row + 20))},
          .newest = {static_cast<std::int64_t>(load_u64(row + 28))}};
}

std::uint64_t Archive::end() const {
  return impl_->first + impl_->entries;
}
Instant Archive::oldest() const {
  return impl_->oldest;
}
Instant Archive::newest() const {
  return impl_->newest;
}

Result<std::string> Archive::frames(std::size_t number) const {
  const char* row = impl_->block_row(number);
  const std::uint64_t offset = load_u64(row);
  const std::uint32_t bytes = load_u32(row + 8);
  const std::uint32_t raw = load_u32(row + 12);
  if (offset > impl_->blocks_at || bytes > impl_->blocks_at - offset || raw > kRawBytesMax) {
    return damaged(impl_->path, "a block's place is damaged");
  }
  std::string out(raw, '\0');
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), impl_->data + offset, bytes);
  if (ZSTD_isError(got) != 0 || got != raw) return damaged(impl_->path, "a block is damaged");
  return out;
}

// Fingerprints are spread evenly but for values that many blocks share, so a guess in proportion is
// near: a search from the disk reads a few pages of each archive instead of a dozen.
std::size_t Archive::Impl::first_row(std::uint64_t fingerprint) const {
  std::size_t low = 0;
  std::size_t high = index_rows;
  std::uint64_t lowest = 0;
  std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();
  for (int guesses = 0; low < high; ++guesses) {
    std::size_t middle = low + (high - low) / 2;
    if (guesses < kGuessesMax && high - low > kNearRows) {
      const double part =
          static_cast<double>(fingerprint - lowest) / static_cast<double>(highest - lowest);
      middle = low + std::min(static_cast<std::size_t>(part * static_cast<double>(high - low)),
                              high - low - 1);
    }
    const std::uint64_t there = mark(middle);
    if (there < fingerprint) {
      low = middle + 1;
      lowest = there;
    } else {
      high = middle;
      highest = std::max(there, lowest + 1);
    }
  }
  return low;
}

std::vector<std::uint32_t> Archive::blocks_with(std::uint64_t fingerprint) const {
  std::size_t low = impl_->first_row(fingerprint);
  std::vector<std::uint32_t> found;
  for (; low < impl_->index_rows && impl_->mark(low) == fingerprint; ++low) {
    const std::uint32_t block = impl_->mark_block(low);
    if (block < impl_->blocks) found.push_back(block);
  }
  return found;
}

bool Archive::indexes(std::size_t number, const std::vector<std::string_view>& entries) const {
  std::vector<std::uint64_t> marks;
  for (const std::string_view entry : entries) append_marks(marks, entry);
  sort_unique(marks);
  return std::ranges::all_of(marks, [&](std::uint64_t mark) {
    const auto blocks = blocks_with(mark);
    return std::ranges::binary_search(blocks, static_cast<std::uint32_t>(number));
  });
}

}  // namespace strongroom::audit_format
