#pragma once
// Which statements can match an action, prepared at compile time, so that evaluate() of a large set
// looks at those only. Thread-safe once made.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/policy/pattern.h"

namespace strongroom::policy {

/// Folded names of the actions that the product asks about, and the place of one among them.
std::span<const std::string> known_actions();
std::optional<std::size_t> known_action(std::string_view folded);

/// The action element of one statement.
struct ActionElement {
  std::vector<Pattern> patterns;  // folded
  bool negated = false;           // NotAction
  bool fits(std::string_view folded) const;
};

class ActionIndex {
 public:
  /// Not worth its memory below this many statements.
  static constexpr std::size_t kStatementsMin = 16;

  ActionIndex() = default;  // of nothing
  explicit ActionIndex(std::span<const ActionElement* const> statements);
  bool empty() const { return words_ == 0; }

  /// What a query looks at: the statements whose bit is set. `exact`: all of them fit the action;
  /// else each must still be asked.
  struct Candidates {
    std::span<const std::uint64_t> bits;
    bool exact;
  };
  Candidates find(std::string_view folded) const;

 private:
  std::span<const std::uint64_t> mask(std::size_t number) const {
    return std::span(masks_).subspan(number * words_, words_);
  }

  std::size_t words_ = 0;              // 64 statements each
  std::vector<std::uint64_t> masks_;   // number 0: statements with wildcards or NotAction
  std::vector<std::uint32_t> known_;   // number of the mask of each known action
  std::vector<std::string> literals_;  // further actions named by a statement, sorted
  std::vector<std::uint32_t> literal_masks_;
};

}  // namespace strongroom::policy
