#include "file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "strongroom/audit_format/layout.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_format {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10;
static_assert(kBufferBytes > limits::kAuditRecordBytesMax + kSpoolFrameBytes);

std::unexpected<Error> cannot(const char* verb, const std::string& path, int error) {
  return fail(
      error == ENOENT ? ErrorKind::kNotFound : ErrorKind::kUnavailable, "AuditFile",
      std::string("cannot ") + verb + ' ' + path + ": " + std::system_category().message(error));
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot("open", path, errno);
  return InputFile(descriptor);
}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}
InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
InputFile::~InputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<std::size_t> InputFile::read_at(std::uint64_t offset, std::span<char> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return fail(ErrorKind::kUnavailable, "AuditFile",
                  "reading the audit log failed: " + std::system_category().message(errno));
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> FrameStream::refill() {
  const std::size_t kept = rest_.size();
  buffer_.resize(kBufferBytes);
  // An incomplete frame at the end of the buffer moves to its front.
  if (kept > 0) memmove(buffer_.data(), rest_.data(), kept);
  SR_TRY(const std::size_t got, file_.read_at(next_, std::span(buffer_).subspan(kept)));
  next_ += got;
  rest_ = std::string_view(buffer_.data(), kept + got);
  return {};
}

Result<std::string> read_small_file(const std::string& path, std::size_t most) {
  SR_TRY(const InputFile file, InputFile::open(path));
  std::string content(most + 1, '\0');
  SR_TRY(const std::size_t got, file.read_at(0, content));
  if (got > most) return fail(ErrorKind::kCorrupt, "AuditFile", path + " is too large to be ours");
  content.resize(got);
  return content;
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return cannot("list", path, error.value());
  std::ranges::sort(names);
  return names;
}

}  // namespace strongroom::audit_format
