#include "entry_stream.h"

#include <algorithm>

#include "strongroom/audit_format/layout.h"

namespace strongroom::audit_format {

std::unexpected<Error> damaged(std::string what) {
  return fail(ErrorKind::kCorrupt, "AuditLogCorrupt", std::move(what));
}

std::string entry_name(std::uint64_t index) {
  return "entry " + std::to_string(index);
}

Result<std::vector<std::uint64_t>> list_volumes(const std::string& directory) {
  constexpr std::string_view kSuffix = ".z";
  SR_TRY(const auto names, list_directory(directory + '/' + std::string(kEntriesDirectory)));
  std::vector<std::uint64_t> firsts;
  for (std::string_view name : names) {
    if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
    const auto first = parse_number20(name);
    if (first && (firsts.empty() || firsts.back() != *first)) firsts.push_back(*first);
  }
  return firsts;  // 20-digit names sort as numbers
}

Result<FrameStream> open_plain_volume(const std::string& directory, std::uint64_t first) {
  const std::string name = volume_path(first);
  SR_TRY(auto file, InputFile::open(directory + '/' + name));
  std::string header(kFileHeaderBytes, '\0');
  SR_TRY(const std::size_t got, file.read_at(0, header));
  if (got != header.size() || header != volume_header(first)) {
    return damaged(entry_name(first) + ": the header of " + name + " is damaged");
  }
  return FrameStream(std::move(file), kFileHeaderBytes);
}

Result<EntryStream> EntryStream::open(const std::string& directory,
                                      std::vector<std::uint64_t> volumes, std::uint64_t first) {
  const auto after = std::ranges::upper_bound(volumes, first);
  if (after == volumes.begin()) {
    return damaged(entry_name(first) + " is missing: there is no volume for it");
  }
  const auto volume = static_cast<std::size_t>(after - volumes.begin() - 1);
  EntryStream stream(directory, std::move(volumes));
  stream.volume_ = volume;
  SR_CHECK_OK(stream.start_volume());
  SR_CHECK_OK(stream.skip_blocks(first));
  while (stream.index_ < first) {
    SR_TRY(const auto skipped, stream.next());
    if (!skipped) return damaged(entry_name(stream.index_) + " is missing");
  }
  return stream;
}

Result<void> EntryStream::start_volume() {
  index_ = volumes_[volume_];
  frames_.reset();
  archive_.reset();
  block_.clear();
  rest_ = {};
  next_block_ = 0;
  auto plain = open_plain_volume(directory_, index_);
  if (plain) {
    frames_ = std::make_unique<FrameStream>(std::move(*plain));
    return {};
  }
  if (plain.error().kind() != ErrorKind::kNotFound) return std::unexpected(plain.error());
  auto archive = Archive::open(directory_ + '/' + archive_path(index_), index_);
  if (!archive) {
    return fail(archive.error().kind(), archive.error().code(),
                entry_name(index_) + ": " + archive.error().message());
  }
  archive_ = std::move(*archive);
  return {};
}

Result<void> EntryStream::skip_blocks(std::uint64_t first) {
  if (!archive_) return {};
  while (next_block_ < archive_->block_count()) {
    const Archive::Block block = archive_->block(next_block_);
    if (block.first + block.entries > first) break;
    ++next_block_;
    index_ = block.first + block.entries;
  }
  return {};
}

Result<void> EntryStream::start_block(std::size_t number) {
  auto frames = archive_->frames(number);
  if (!frames) {
    return fail(frames.error().kind(), frames.error().code(),
                entry_name(index_) + ": " + frames.error().message());
  }
  block_ = std::move(*frames);
  rest_ = block_;
  std::vector<std::string_view> entries;
  std::string_view walk = rest_;
  while (const auto entry = take_volume_frame(walk)) entries.push_back(*entry);
  index_whole_ = archive_->indexes(number, entries);
  return {};
}

Result<std::optional<std::string_view>> EntryStream::next_archived() {
  while (rest_.empty()) {
    if (next_block_ >= archive_->block_count()) return std::optional<std::string_view>();
    SR_CHECK_OK(start_block(next_block_++));
  }
  auto entry = take_volume_frame(rest_);
  if (!entry) return damaged(entry_name(index_) + ": its frame in the archive is damaged");
  return entry;
}

Result<std::optional<std::string_view>> EntryStream::next() {
  // Where the next volume begins this one ends: bytes of a batch that was not closed may follow
  // in it.
  if (volume_ + 1 < volumes_.size() && volumes_[volume_ + 1] == index_) {
    ++volume_;
    SR_CHECK_OK(start_volume());
  }
  std::optional<std::string_view> entry;
  if (archive_) {
    SR_TRY(entry, next_archived());
  } else {
    SR_TRY(entry, frames_->next<std::string_view>(&take_volume_frame));
  }
  if (entry) ++index_;
  return entry;
}

}  // namespace strongroom::audit_format
