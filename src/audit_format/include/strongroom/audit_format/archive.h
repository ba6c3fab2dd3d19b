#pragma once
// A closed volume, compressed in blocks, with an index of field values: docs/formats/audit.md,
// "Archive". The builder and an open archive belong to one thread each.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::audit_format {

/// "entries/<first index>.z"
std::string archive_path(std::uint64_t first_index);

/// What the index says of a value: 64 bits that depend on both. `raw` as it stands in an entry.
std::uint64_t fingerprint(std::string_view field, std::string_view raw);

class ArchiveBuilder {
 public:
  explicit ArchiveBuilder(std::uint64_t first_index);
  void add(std::string_view entry);
  /// The whole file.
  std::string finish() &&;

 private:
  struct Block {
    std::uint64_t offset;
    std::uint32_t bytes;
    std::uint32_t raw_bytes;
    std::uint32_t entries;
    Instant oldest;
    Instant newest;
  };
  void mark_fields(std::string_view entry);
  void close_block();

  std::string out_;
  std::string frames_;  // of the open block
  Block open_{};
  std::vector<Block> blocks_;
  std::vector<std::uint64_t> marks_;  // fingerprints of the open block
  // Name and value by place in the block's newest entry.
  std::vector<std::pair<std::string, std::string>> previous_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> index_;
};

class Archive {
 public:
  struct Block {
    std::uint64_t first = 0;  // index of its first entry
    std::uint32_t entries = 0;
    Instant oldest;
    Instant newest;
  };

  /// kNotFound if the file is not there, kCorrupt if it has another form.
  static Result<Archive> open(const std::string& path, std::uint64_t first_index);
  /// The same for who asks the index first: blocks only after read_blocks(), which looks at the
  /// beginning of the file as well. Reads a page of its end.
  static Result<Archive> open_index(const std::string& path, std::uint64_t first_index);
  /// Reads the table of blocks. kCorrupt if it does not fit the entries.
  Result<void> read_blocks();

  // What will be wanted soon: the operating system fetches it while we go on, so that many things
  // take as long as one.
  /// The end of the file at `path`, if there is one: what open_index() reads.
  static void will_open(const std::string& path);
  /// Where a value's rows probably are; will_ask_near() with the answer, later, is more precise.
  std::uint64_t will_ask(std::uint64_t fingerprint) const;
  void will_ask_near(std::uint64_t fingerprint, std::uint64_t row) const;
  /// What read_blocks() reads, and what frames() does.
  void will_list_blocks() const;
  void will_read(std::size_t number) const;

  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();

  std::size_t block_count() const;
  /// Needs number < block_count().
  Block block(std::size_t number) const;
  /// One behind its last entry.
  std::uint64_t end() const;
  Instant oldest() const;
  Instant newest() const;

  /// The volume frames of a block, decompressed. kCorrupt if it does not have its stated length.
  Result<std::string> frames(std::size_t number) const;
  /// The blocks that hold the value, ascending. Other blocks do not hold it.
  std::vector<std::uint32_t> blocks_with(std::uint64_t fingerprint) const;
  /// True if the index has exactly the values of `entries`' block: what verify() asks.
  bool indexes(std::size_t number, const std::vector<std::string_view>& entries) const;

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom::audit_format
