#pragma once
// The answers of one loop turn, gathered until the audit write of that turn is done; wiped after
// sending. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace strongroom::net {

struct Answer {
  std::uint32_t slot = 0;
  std::uint32_t birth = 0;  // which connection of that slot
  bool guarded = false;
  bool close = false;
  bool head_only = false;
  std::string_view bytes;  // in the arena; stays where it is until clear()
};

class TurnOutput {
 public:
  TurnOutput() = default;
  ~TurnOutput();
  TurnOutput(const TurnOutput&) = delete;
  TurnOutput& operator=(const TurnOutput&) = delete;

  /// Copies `answer.bytes`.
  void add(Answer answer);
  std::span<const Answer> answers() const { return answers_; }
  bool empty() const { return answers_.empty(); }
  std::size_t bytes() const { return bytes_; }
  /// Wipes all bytes; keeps the first block.
  void clear();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };
  Block& block_for(std::size_t size);

  std::vector<Block> blocks_;
  std::vector<Answer> answers_;
  std::size_t bytes_ = 0;
};

}  // namespace strongroom::net
