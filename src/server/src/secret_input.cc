#include "secret_input.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/limits.h"

namespace strongroom::server {
namespace {

std::unexpected<Error> cannot_read(const std::string& what) {
  return fail(ErrorKind::kUnavailable, "System", "could not read " + what + ": " + strerror(errno));
}

}  // namespace

HiddenInput::HiddenInput(int descriptor) : descriptor_(descriptor) {
  if (tcgetattr(descriptor, &before_) != 0) return;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  quiet.c_lflag |= ECHONL;
  changed_ = tcsetattr(descriptor, TCSADRAIN, &quiet) == 0;
}

HiddenInput::~HiddenInput() {
  if (changed_) tcsetattr(descriptor_, TCSADRAIN, &before_);
}

Result<SecretBytes> read_secret_line(int descriptor) {
  std::array<std::uint8_t, limits::kSecretLineBytesMax + 1> line{};
  std::size_t size = 0;
  ssize_t got = 0;
  // Byte by byte: a terminal or pipe goes on with what belongs to another reader.
  while (size < line.size()) {
    got = read(descriptor, line.data() + size, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || line[size] == '\n') break;
    ++size;
  }
  const int reason = errno;
  const bool too_long = size == line.size();
  auto taken = SecretBytes::take(std::span(line).first(size));
  if (too_long) {
    return fail(ErrorKind::kInvalidInput, "LongLine",
                "the line has more than " + std::to_string(limits::kSecretLineBytesMax) + " bytes");
  }
  errno = reason;
  if (got < 0) return cannot_read("the line");
  return taken;
}

Result<SecretBytes> read_first_line(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat facts{};
  if (!file || fstat(file.get(), &facts) != 0) return cannot_read(path);
  if ((facts.st_mode & 077) != 0) {
    return fail(ErrorKind::kDenied, "OpenMode",
                path + " may be read by others; run `chmod 600 " + path + "`");
  }
  auto line = read_secret_line(file.get());
  if (!line) {
    return fail(line.error().kind(), line.error().code(), path + ": " + line.error().message());
  }
  if (line->empty())
    return fail(ErrorKind::kInvalidInput, "EmptyFile", path + " has an empty first line");
  return line;
}

}  // namespace strongroom::server
