#pragma once
// docs/formats/egress.md: heads of messages, and whole reads and writes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace strongroom::egress {

inline constexpr std::size_t kJobHeadBytes = 16;     // number, budget, length
inline constexpr std::size_t kAnswerHeadBytes = 12;  // number, length

struct JobHead {
  std::uint64_t number = 0;
  std::uint32_t budget_ms = 0;
  std::uint32_t length = 0;
};
struct AnswerHead {
  std::uint64_t number = 0;
  std::uint32_t length = 0;
};

std::string encode(const JobHead& head);
std::string encode(const AnswerHead& head);
JobHead decode_job_head(std::span<const std::uint8_t> bytes);  // kJobHeadBytes
AnswerHead decode_answer_head(std::span<const std::uint8_t> bytes);

/// All of `bytes`; false if the other side is gone. Never raises SIGPIPE on sockets.
bool send_all(int socket, std::span<const std::uint8_t> bytes);
/// Fills all of `bytes`; false at the end of the stream.
bool receive_all(int descriptor, std::span<std::uint8_t> bytes);

}  // namespace strongroom::egress
