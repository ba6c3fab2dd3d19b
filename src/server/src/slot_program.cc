#include "slot_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "reveal.h"
#include "startup.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/slot_program/frame.h"

namespace strongroom::server {
namespace {

using slot_program::FrameOperation;
using slot_program::kFrameBytesMax;

constexpr int kDeviceMillis = 60'000;

std::unexpected<Error> not_asked(const SlotProgram& program, const char* why) {
  return fail(ErrorKind::kUnavailable, program.error_area + ".NoHelper",
              program.name + ", which lies beside strongroomd, could not be asked: " + why);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe(const SlotProgram& program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return not_asked(program, std::strerror(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Ended by its id, whatever happens.
class Running {
 public:
  explicit Running(pid_t id) : id_(id) {}
  ~Running() {
    kill(id_, SIGKILL);  // it has answered, or never will
    waitpid(id_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  pid_t id_;
};

Result<pid_t> start(const SlotProgram& program, const Pipe& in, const Pipe& out) {
  std::string path = sibling_program(program.name);
  char* const arguments[] = {path.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  pid_t id = 0;
  const int error = posix_spawn(&id, path.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return not_asked(program, std::strerror(error));
  return id;
}

using AnswerBytes = std::array<std::uint8_t, kFrameBytesMax>;

Result<std::size_t> read_answer(const SlotProgram& program, int fd, AnswerBytes& into) {
  std::size_t size = 0;
  while (size < into.size()) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kDeviceMillis) <= 0)
      return not_asked(program, "the device does not answer");
    const ssize_t got = read(fd, into.data() + size, into.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return size;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

Result<SecretBytes> parse_answer(const SlotProgram& program, std::span<std::uint8_t> answer) {
  FieldCursor in(answer);
  const std::uint8_t kind = in.u8();
  if (kind != 0) {
    std::string code = in.text();
    std::string message = in.text();
    if (!in.finished() || kind > static_cast<std::uint8_t>(ErrorKind::kInternal) + 1)
      return not_asked(program, "it ended without an answer");
    return fail(static_cast<ErrorKind>(kind - 1), std::move(code), std::move(message));
  }
  constexpr std::size_t kHead = 3;  // kind and size
  if (answer.size() < kHead || load_u16(as_chars(answer).data() + 1) != answer.size() - kHead)
    return not_asked(program, "it ended without an answer");
  return SecretBytes::take(answer.subspan(kHead));
}

Result<SecretBytes> ask(const SlotProgram& program, FrameOperation operation,
                        std::string_view data) {
  SR_TRY(Pipe in, make_pipe(program));
  SR_TRY(Pipe out, make_pipe(program));
  SR_TRY(const pid_t id, start(program, in, out));
  const Running running(id);
  out.write = Descriptor();
  // Last, so that no way out passes over the wiping.
  std::string frame;
  frame.reserve(kFrameBytesMax);  // never copied, so that wiping it wipes all
  frame.push_back(static_cast<char>(operation));
  append_text16(frame, OperatorReveal::text(program.pin));
  append_text16(frame, data);
  for (const std::string& text : program.place) append_text16(frame, text);
  const bool sent = write_all(in.write.get(), frame);
  explicit_bzero(frame.data(), frame.size());
  in.write = Descriptor();
  if (!sent) return not_asked(program, "it ended at once");
  AnswerBytes bytes;
  const auto size = read_answer(program, out.read.get(), bytes);
  Result<SecretBytes> answer =
      size ? parse_answer(program, std::span(bytes).first(*size)) : std::unexpected(size.error());
  explicit_bzero(bytes.data(), bytes.size());
  return answer;
}

}  // namespace

Result<WrappedKey> wrap_new_key(const SlotProgram& program, Random& random) {
  std::array<std::uint8_t, slot_program::kSecretBytes> bytes{};
  random.fill(bytes);
  SR_TRY(SecretBytes key, SecretBytes::take(bytes));
  SR_TRY(const SecretBytes wrapped, ask(program, FrameOperation::kWrap, OperatorReveal::text(key)));
  WrappedKey made{.key = std::move(key), .wrapped = std::string(OperatorReveal::text(wrapped))};
  // A device that wraps and does not unwrap opens nothing.
  SR_TRY(const SecretBytes again, unwrap_key(program, made.wrapped));
  if (crypto::ct_equal(again, made.key)) return made;
  return fail(ErrorKind::kUnavailable, program.error_area + ".OtherKey",
              "the device did not give back what it was given. Nothing was changed");
}

Result<SecretBytes> unwrap_key(const SlotProgram& program, std::string_view wrapped) {
  return ask(program, FrameOperation::kUnwrap, wrapped);
}

}  // namespace strongroom::server
