#pragma once
// Reading files at offsets, for reader.cc.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::audit_format {

/// A file opened for reading; closed on destruction.
class InputFile {
 public:
  /// kNotFound if it is not there, kUnavailable if it cannot be opened.
  static Result<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  /// Reads until `out` is full or the file ends; returns how many bytes. kUnavailable on an I/O
  /// error.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const;

 private:
  explicit InputFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Frames of a file, one after the other through one buffer. `Take` is a function of layout.h that
/// takes a frame off a view.
class FrameStream {
 public:
  FrameStream(InputFile file, std::uint64_t offset) : file_(std::move(file)), next_(offset) {}

  /// The next frame by `take`, valid until the next call; nothing at the end of the good frames.
  template <class Frame>
  Result<std::optional<Frame>> next(const auto& take) {
    if (auto frame = take(rest_)) return frame;
    SR_CHECK_OK(refill());
    return take(rest_);
  }

  /// The file's offset of the frame that next() would give.
  std::uint64_t offset() const { return next_ - rest_.size(); }

 private:
  Result<void> refill();

  InputFile file_;
  std::uint64_t next_;  // the offset behind the buffer's content
  std::vector<char> buffer_;
  std::string_view rest_;
};

/// The whole of a small file. kNotFound if it is not there; kCorrupt beyond `most` bytes.
Result<std::string> read_small_file(const std::string& path, std::size_t most);

/// Names in a directory, sorted. kNotFound if it is not there.
Result<std::vector<std::string>> list_directory(const std::string& path);

}  // namespace strongroom::audit_format
