#include "terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/limits.h"

namespace strongroom {

/// The command line's way to a value that a person asked for.
class TerminalReveal {
 public:
  static ByteView bytes(const SecretBytes& secret) { return secret.reveal(RevealToken()); }
  static std::span<std::uint8_t> writable(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

namespace cli {
namespace {

constexpr const char* kTerminal = "/dev/tty";

/// A descriptor that is closed, and a terminal whose echo comes back, whatever happens.
class Terminal {
 public:
  Terminal() : fd_(open(kTerminal, O_RDWR | O_CLOEXEC | O_NOCTTY)) {}
  ~Terminal() {
    if (changed_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int fd() const { return fd_; }
  bool hide() {
    if (tcgetattr(fd_, &before_) != 0) return false;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    return changed_;
  }

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

/// Reads to the end of `fd` into locked memory of `limit` bytes and one more.
Result<SecretBytes> read_to_end(int fd, std::size_t limit) {
  SR_TRY(auto buffer, SecretBytes::zeroed(limit + 1));
  const auto room = TerminalReveal::writable(buffer);
  std::size_t held = 0;
  while (held < room.size()) {
    const auto got = read(fd, room.data() + held, room.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(ErrorKind::kInvalidInput, "ReadFailed", std::generic_category().message(errno));
    if (got == 0) break;
    held += static_cast<std::size_t>(got);
  }
  if (held > limit) {
    return fail(ErrorKind::kInvalidInput, "ValueTooLarge",
                "A value has at most " + std::to_string(limit) + " bytes.");
  }
  if (held == 0) return fail(ErrorKind::kInvalidInput, "NoValue", "The value is empty.");
  return SecretBytes::copy_of(TerminalReveal::bytes(buffer).first(held));
}

/// One line, without its end, as far as `into` has room.
std::size_t read_terminal_line(int fd, std::span<std::uint8_t> into) {
  std::size_t held = 0;
  while (held < into.size()) {
    const auto got = read(fd, into.data() + held, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || into[held] == '\n') break;
    ++held;
  }
  return held;
}

}  // namespace

std::string environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nobody changes the environment.
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool stdin_is_terminal() {
  return isatty(STDIN_FILENO) == 1;
}
bool stdout_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

bool use_color() {
  return isatty(STDERR_FILENO) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

Result<SecretBytes> read_standard_input() {
  return read_to_end(STDIN_FILENO, limits::kSecretDataBytesMax);
}

Result<SecretBytes> read_value_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return fail(ErrorKind::kInvalidInput, "NoSuchFile",
                path + ": " + std::generic_category().message(errno) + ".");
  }
  auto value = read_to_end(fd, limits::kSecretDataBytesMax);
  close(fd);
  return value;
}

Result<SecretBytes> read_hidden(const std::string& prompt) {
  Terminal terminal;
  if (terminal.fd() < 0 || !terminal.hide()) {
    return fail(ErrorKind::kInvalidInput, "NoTerminal",
                "There is no terminal to ask on. Give the value on standard input (\"-\") or with "
                "--value-file.");
  }
  write_all(terminal.fd(), prompt);
  SR_TRY(auto buffer, SecretBytes::zeroed(limits::kSecretDataBytesMax));
  const auto held = read_terminal_line(terminal.fd(), TerminalReveal::writable(buffer));
  write_all(terminal.fd(), "\n");
  if (held == 0) return fail(ErrorKind::kInvalidInput, "NoValue", "The value is empty.");
  return SecretBytes::copy_of(TerminalReveal::bytes(buffer).first(held));
}

std::string read_line(const std::string& prompt) {
  const Terminal terminal;
  if (terminal.fd() < 0) return {};
  write_all(terminal.fd(), prompt);
  std::array<std::uint8_t, limits::kSecretLineBytesMax> line;
  const auto held = read_terminal_line(terminal.fd(), line);
  return std::string(as_chars(ByteView(line.data(), held)));
}

bool is_text(const SecretBytes& value) {
  return is_utf8(as_chars(TerminalReveal::bytes(value)));
}

Result<SecretBytes> without_line_end(const SecretBytes& value) {
  std::string_view kept = as_chars(TerminalReveal::bytes(value));
  if (kept.ends_with('\n')) kept.remove_suffix(1);
  if (kept.ends_with('\r')) kept.remove_suffix(1);
  if (kept.empty()) return fail(ErrorKind::kInvalidInput, "NoValue", "The value is empty.");
  return SecretBytes::copy_of(as_bytes(kept));
}

Result<SecretBytes> keep_secret(std::string_view text) {
  return SecretBytes::copy_of(as_bytes(text));
}

bool print(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}
void say(std::string_view text) {
  write_all(STDERR_FILENO, text);
}

bool print_secret(const SecretBytes& bytes, std::size_t size) {
  const auto view = TerminalReveal::bytes(bytes);
  return write_all(STDOUT_FILENO, as_chars(view.first(std::min(size, view.size()))));
}

void append_revealed(std::string& out, const SecretBytes& bytes) {
  out += as_chars(TerminalReveal::bytes(bytes));
}

bool write_private_file(const std::string& path, const SecretBytes& secret) {
  return create_file(path, as_chars(TerminalReveal::bytes(secret)));
}

}  // namespace cli
}  // namespace strongroom
