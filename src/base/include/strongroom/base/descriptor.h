#pragma once
// A file descriptor with an owner, and writing to one. An object belongs to one thread.

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

/// The file at `path` holds `text` from now on, after a loss of power too: written beside it with
/// mode 0600, synced, renamed into place, the directory synced. False with errno set otherwise; the
/// old file is then whole, unless the directory alone could not be synced.
bool replace_file(const std::string& path, std::string_view text);

}  // namespace strongroom
