#include "strongroom/slot_program/program.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/field_cursor.h"

namespace strongroom::slot_program {
namespace {

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

/// Views into the request; the places are no secrets.
struct Request {
  FrameOperation operation{};
  std::string_view pin{};
  std::string_view data{};
  std::vector<std::string> place{};
};

std::optional<Request> parse(std::string_view frame, std::size_t places) {
  FieldCursor in(frame);
  Request request{.operation = static_cast<FrameOperation>(in.u8())};
  request.pin = in.take(in.u16());
  request.data = in.take(in.u16());
  for (std::size_t i = 0; i < places; ++i) request.place.push_back(in.text());
  if (!in.finished()) return std::nullopt;
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

int refuse(const char* why) {
  return answer(Error(ErrorKind::kInvalidInput, "Seal.Request", why));
}

int wrap(Device& device, std::string_view data) {
  if (data.size() != kSecretBytes) return refuse("a secret has 32 bytes");
  const auto wrapped = device.wrap(SecretView(as_bytes(data).data(), kSecretBytes));
  return wrapped ? answer(*wrapped) : answer(wrapped.error());
}

int unwrap(Device& device, std::string_view data) {
  std::array<std::uint8_t, kSecretBytes> secret{};
  const auto opened = device.unwrap(data, secret);
  const int code = opened ? answer(as_chars(secret)) : answer(opened.error());
  explicit_bzero(secret.data(), secret.size());
  return code;
}

}  // namespace

int run(std::size_t places, const OpenDevice& open) {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  Wiped frame(kFrameBytesMax);
  const auto request = parse(frame.view(read_all(frame)), places);
  if (!request) return refuse("strongroomd starts this program");
  const auto device = open(request->place, request->pin);
  if (!device) return answer(device.error());
  switch (request->operation) {
    case FrameOperation::kWrap:
      return wrap(**device, request->data);
    case FrameOperation::kUnwrap:
      return unwrap(**device, request->data);
  }
  return refuse("an unknown operation");
}

}  // namespace strongroom::slot_program
