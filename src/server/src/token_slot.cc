#include "token_slot.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <strings.h>
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
#include "strongroom/hsm/frame.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kLabelBytesMax = 64;
constexpr std::size_t kKeyBytes = 32;
constexpr int kTokenMillis = 60'000;

/// What a slot keeps.
struct Kept {
  std::string token;
  std::string key;
  std::string wrapped;
};

std::string encode(const Kept& kept) {
  std::string out(1, static_cast<char>(kForm));
  append_text16(out, kept.token);
  append_text16(out, kept.key);
  append_text16(out, kept.wrapped);
  return out;
}

Result<Kept> decode(std::string_view parameters) {
  FieldCursor in(as_bytes(parameters));
  const bool known = in.u8() == kForm;
  Kept kept;
  kept.token = in.text();
  kept.key = in.text();
  kept.wrapped = in.text();
  if (known && in.finished()) return kept;
  return fail(ErrorKind::kCorrupt, "Seal.TokenSlot",
              "the token slot has a form that this release does not know");
}

std::unexpected<Error> no_helper(const char* why) {
  return fail(
      ErrorKind::kUnavailable, "Hsm.NoHelper",
      "strongroom-hsm, which lies beside strongroomd, could not be asked: " + std::string(why));
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return no_helper(std::strerror(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Ended by its id, whatever happens.
class Helper {
 public:
  explicit Helper(pid_t id) : id_(id) {}
  ~Helper() {
    kill(id_, SIGKILL);  // it has answered, or never will
    waitpid(id_, nullptr, 0);
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

 private:
  pid_t id_;
};

Result<pid_t> start_helper(const Pipe& in, const Pipe& out) {
  const std::string program = sibling_program("strongroom-hsm");
  std::string name = program;
  char* const arguments[] = {name.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  pid_t id = 0;
  const int error = posix_spawn(&id, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return no_helper(std::strerror(error));
  return id;
}

using AnswerBytes = std::array<std::uint8_t, hsm::kFrameBytesMax>;

Result<std::size_t> read_answer(int fd, AnswerBytes& into) {
  std::size_t size = 0;
  while (size < into.size()) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kTokenMillis) <= 0) return no_helper("the token does not answer");
    const ssize_t got = read(fd, into.data() + size, into.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return size;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

Result<SecretBytes> parse_answer(std::span<std::uint8_t> answer) {
  FieldCursor in(answer);
  const std::uint8_t kind = in.u8();
  if (kind != 0) {
    std::string code = in.text();
    std::string message = in.text();
    if (!in.finished() || kind > static_cast<std::uint8_t>(ErrorKind::kInternal) + 1)
      return no_helper("it ended without an answer");
    return fail(static_cast<ErrorKind>(kind - 1), std::move(code), std::move(message));
  }
  constexpr std::size_t kHead = 3;  // kind and size
  if (answer.size() < kHead || load_u16(as_chars(answer).data() + 1) != answer.size() - kHead)
    return no_helper("it ended without an answer");
  return SecretBytes::take(answer.subspan(kHead));
}

struct Asked {
  hsm::FrameOperation operation;
  std::string_view module;
  const Kept& kept;
  const SecretBytes& pin;
  std::string_view data;
};

Result<SecretBytes> ask(const Asked& asked) {
  std::string frame;
  frame.reserve(hsm::kFrameBytesMax);  // never copied, so that wiping it wipes all
  frame.push_back(static_cast<char>(asked.operation));
  append_text16(frame, asked.module);
  append_text16(frame, asked.kept.token);
  append_text16(frame, asked.kept.key);
  append_text16(frame, OperatorReveal::text(asked.pin));
  append_text16(frame, asked.data);
  SR_TRY(Pipe in, make_pipe());
  SR_TRY(Pipe out, make_pipe());
  SR_TRY(const pid_t id, start_helper(in, out));
  const Helper helper(id);
  out.write = Descriptor();
  const bool sent = write_all(in.write.get(), frame);
  explicit_bzero(frame.data(), frame.size());
  in.write = Descriptor();
  if (!sent) return no_helper("it ended at once");
  AnswerBytes bytes;
  const auto size = read_answer(out.read.get(), bytes);
  Result<SecretBytes> answer =
      size ? parse_answer(std::span(bytes).first(*size)) : std::unexpected(size.error());
  explicit_bzero(bytes.data(), bytes.size());
  return answer;
}

Result<void> check_place(const TokenPlace& place) {
  if (!place.token.empty() && !place.key.empty() && !place.pin_file.empty() &&
      place.token.size() <= kLabelBytesMax && place.key.size() <= kLabelBytesMax)
    return {};
  return fail(ErrorKind::kInvalidInput, "Seal.TokenPlace",
              "a token slot needs --token-module, --token, --token-key and --token-pin-file, the "
              "labels with at most 64 characters");
}

}  // namespace

Result<barrier::SlotSecret> new_token_secret(const TokenPlace& place, Random& random) {
  SR_CHECK_OK(check_place(place));
  SR_TRY(const SecretBytes pin, passphrase_from(place.pin_file));
  std::array<std::uint8_t, kKeyBytes> bytes{};
  random.fill(bytes);
  SR_TRY(SecretBytes key, SecretBytes::take(bytes));
  Kept kept{.token = place.token, .key = place.key, .wrapped = {}};
  SR_TRY(const SecretBytes wrapped, ask({.operation = hsm::FrameOperation::kWrap,
                                         .module = place.module,
                                         .kept = kept,
                                         .pin = pin,
                                         .data = OperatorReveal::text(key)}));
  kept.wrapped = OperatorReveal::text(wrapped);
  // Asked back before the slot is written: a key that encrypts and does not decrypt opens nothing.
  SR_TRY(const SecretBytes again, ask({.operation = hsm::FrameOperation::kUnwrap,
                                       .module = place.module,
                                       .kept = kept,
                                       .pin = pin,
                                       .data = kept.wrapped}));
  if (!crypto::ct_equal(again, key)) {
    return fail(ErrorKind::kUnavailable, "Hsm.OtherKey",
                "the token did not give back what it was given. Nothing was changed");
  }
  return barrier::KeySecret{
      .kind = barrier::SlotKind::kToken, .key = std::move(key), .parameters = encode(kept)};
}

Result<barrier::SlotSecret> token_secret(const Config& config) {
  if (config.seal_token_pin_file.empty()) {
    return fail(ErrorKind::kInvalidInput, "Seal.NoPin",
                "seal.token_module is set without seal.token_pin_file");
  }
  return barrier::AskedSecret{
      .kind = barrier::SlotKind::kToken,
      .ask = [module = config.seal_token_module, pin_file = config.seal_token_pin_file](
                 std::string_view parameters) -> Result<SecretBytes> {
        SR_TRY(const Kept kept, decode(parameters));
        SR_TRY(const SecretBytes pin, passphrase_from(pin_file));
        return ask({.operation = hsm::FrameOperation::kUnwrap,
                    .module = module,
                    .kept = kept,
                    .pin = pin,
                    .data = kept.wrapped});
      }};
}

std::string describe_token(std::string_view parameters) {
  const auto kept = decode(parameters);
  return kept ? "token " + kept->token + ", key " + kept->key : std::string();
}

}  // namespace strongroom::server
