#include "wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "strongroom/base/bytes.h"

namespace strongroom::egress {

std::string encode(const JobHead& head) {
  std::string bytes;
  append_u64(bytes, head.number);
  append_u32(bytes, head.budget_ms);
  append_u32(bytes, head.length);
  return bytes;
}

std::string encode(const AnswerHead& head) {
  std::string bytes;
  append_u64(bytes, head.number);
  append_u32(bytes, head.length);
  return bytes;
}

JobHead decode_job_head(std::span<const std::uint8_t> bytes) {
  const char* at = as_chars(bytes).data();
  return {load_u64(at), load_u32(at + 8), load_u32(at + 12)};
}

AnswerHead decode_answer_head(std::span<const std::uint8_t> bytes) {
  const char* at = as_chars(bytes).data();
  return {load_u64(at), load_u32(at + 8)};
}

bool send_all(int socket, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int descriptor, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = read(descriptor, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace strongroom::egress
