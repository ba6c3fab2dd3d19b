#pragma once
// A file descriptor with an owner, and files that are written whole and durable or not at all. An
// object belongs to one thread; the functions block, any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace strongroom {

class Descriptor {
 public:
  Descriptor() = default;
  /// Owns `number`; a negative one is none.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// The caller owns it from now on.
  int release() { return std::exchange(number_, -1); }
  /// Closes it.
  void reset();

 private:
  int number_ = -1;
};

/// Everything, over short writes and interruptions; false with errno set if that cannot be.
bool write_all(int descriptor, std::string_view bytes);

/// Everything in the file at `path`. Nothing with errno set if that cannot be had: ENOENT if there
/// is none, EFBIG if it holds more than `bytes_max` bytes. Not for secrets: nothing is wiped.
std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max);

/// The names in the directory at `path` survive a loss of power from now on. False with errno set
/// otherwise.
bool sync_directory(const std::string& path);

/// The file at `path` holds `text` from now on, after a loss of power too: written beside it with
/// mode 0600, synced, renamed into place, the directory synced. False with errno set otherwise; the
/// old file is then whole, unless the directory alone could not be synced.
bool replace_file(const std::string& path, std::string_view text);

/// A new file at `path` with mode 0600 holds `text` from now on, after a loss of power too. False
/// with errno set otherwise (EEXIST if there is one already); then nothing was left behind.
bool create_file(const std::string& path, std::string_view text);

}  // namespace strongroom
