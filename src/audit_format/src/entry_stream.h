#pragma once
// Entries one after the other across volumes, plain or archived, without judging them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file.h"
#include "strongroom/audit_format/archive.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_format {

/// kCorrupt, AuditLogCorrupt.
std::unexpected<Error> damaged(std::string what);
/// "entry 7"
std::string entry_name(std::uint64_t index);

/// The first indexes of the volumes in a log's directory, ascending, each once.
Result<std::vector<std::uint64_t>> list_volumes(const std::string& directory);

/// A plain volume's frames; kNotFound if it was archived meanwhile.
Result<FrameStream> open_plain_volume(const std::string& directory, std::uint64_t first);

class EntryStream {
 public:
  /// Starts at the volume that holds `first` and skips to it.
  static Result<EntryStream> open(const std::string& directory, std::vector<std::uint64_t> volumes,
                                  std::uint64_t first);

  /// The entry and, in index(), the number behind it; nothing where entries end.
  Result<std::optional<std::string_view>> next();
  std::uint64_t index() const { return index_; }

  /// Of the archive that the last entry came from: whether its block's index names all that the
  /// block holds. True for plain volumes.
  bool index_is_whole() const { return index_whole_; }

 private:
  EntryStream(std::string directory, std::vector<std::uint64_t> volumes)
      : directory_(std::move(directory)), volumes_(std::move(volumes)) {}

  Result<void> start_volume();
  Result<void> start_block(std::size_t number);
  Result<void> skip_blocks(std::uint64_t first);
  Result<std::optional<std::string_view>> next_archived();

  std::string directory_;
  std::vector<std::uint64_t> volumes_;
  std::size_t volume_ = 0;
  std::uint64_t index_ = 0;
  std::unique_ptr<FrameStream> frames_;  // of a plain volume, else null
  std::optional<Archive> archive_;
  std::size_t next_block_ = 0;
  std::string block_;
  std::string_view rest_;  // of block_
  bool index_whole_ = true;
};

}  // namespace strongroom::audit_format
