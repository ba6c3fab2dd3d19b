// One operation of a PKCS#11 token for strongroomd, in a process of its own (frame.h).

#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/hsm/frame.h"
#include "strongroom/hsm/token.h"

namespace {

using namespace strongroom;

/// Text that is wiped.
class Wiped {
 public:
  explicit Wiped(std::size_t size) : bytes_(size, '\0') {}
  ~Wiped() { explicit_bzero(bytes_.data(), bytes_.size()); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  char* data() { return bytes_.data(); }
  std::string_view view(std::size_t size) const { return std::string_view(bytes_).substr(0, size); }
  std::size_t room() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

/// Views into the request.
struct Request {
  hsm::FrameOperation operation{};
  hsm::KeyPlace place{};
  std::string_view pin{};
  std::string_view data{};
};

std::optional<std::string_view> take_text(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  const std::size_t size = load_u16(rest.data());
  if (rest.size() < 2 + size) return std::nullopt;
  const std::string_view text = rest.substr(2, size);
  rest.remove_prefix(2 + size);
  return text;
}

std::optional<Request> parse(std::string_view frame) {
  if (frame.empty()) return std::nullopt;
  Request request{.operation = static_cast<hsm::FrameOperation>(frame.front())};
  frame.remove_prefix(1);
  std::array<std::string_view, 5> texts;
  for (std::string_view& text : texts) {
    const auto taken = take_text(frame);
    if (!taken) return std::nullopt;
    text = *taken;
  }
  request.place = {std::string(texts[0]), std::string(texts[1]), std::string(texts[2])};
  request.pin = texts[3];
  request.data = texts[4];
  return request;
}

std::size_t read_all(Wiped& into) {
  std::size_t size = 0;
  while (size < into.room()) {
    const ssize_t got = read(STDIN_FILENO, into.data() + size, into.room() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

int answer(std::string_view data) {
  std::string out(1, '\0');
  out.reserve(3 + data.size());
  append_text16(out, data);
  (void)write_all(STDOUT_FILENO, out);
  explicit_bzero(out.data(), out.size());
  return 0;
}

int answer(const Error& error) {
  std::string out(1, static_cast<char>(static_cast<int>(error.kind()) + 1));
  append_text16(out, error.code());
  append_text16(out, error.message());
  (void)write_all(STDOUT_FILENO, out);
  return 1;
}

int wrap(hsm::Token& token, const Request& request) {
  if (request.data.size() != hsm::kSecretBytes)
    return answer(Error(ErrorKind::kInvalidInput, "Hsm.Request", "a secret has 32 bytes"));
  std::array<std::uint8_t, 12> nonce{};
  if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
    return answer(Error(ErrorKind::kUnavailable, "Hsm.Random", "there is no randomness"));
  if (const auto made = token.ensure_key(); !made) return answer(made.error());
  const std::span<const std::uint8_t, hsm::kSecretBytes> secret(
      reinterpret_cast<const std::uint8_t*>(request.data.data()), hsm::kSecretBytes);
  const auto wrapped = token.wrap(secret, nonce);
  return wrapped ? answer(*wrapped) : answer(wrapped.error());
}

int unwrap(hsm::Token& token, const Request& request) {
  std::array<std::uint8_t, hsm::kSecretBytes> secret{};
  const auto opened = token.unwrap(request.data, secret);
  const int code = opened ? answer({reinterpret_cast<const char*>(secret.data()), secret.size()})
                          : answer(opened.error());
  explicit_bzero(secret.data(), secret.size());
  return code;
}

}  // namespace

int main() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  Wiped frame(hsm::kFrameBytesMax);
  const auto request = parse(frame.view(read_all(frame)));
  if (!request)
    return answer(
        Error(ErrorKind::kInvalidInput, "Hsm.Request", "strongroomd starts this program"));
  const auto token = hsm::Token::open(request->place, request->pin);
  if (!token) return answer(token.error());
  switch (request->operation) {
    case hsm::FrameOperation::kWrap:
      return wrap(**token, *request);
    case hsm::FrameOperation::kUnwrap:
      return unwrap(**token, *request);
  }
  return answer(Error(ErrorKind::kInvalidInput, "Hsm.Request", "an unknown operation"));
}
