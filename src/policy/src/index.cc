#include "index.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace strongroom::policy {
namespace {

using Mask = std::vector<std::uint64_t>;

void set_bit(Mask& mask, std::size_t bit) {
  mask[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

bool is_open(const ActionElement& element) {
  return element.negated || std::ranges::any_of(element.patterns, [](const Pattern& p) {
           return p.literal().empty();
         });
}

}  // namespace

bool ActionElement::fits(std::string_view folded) const {
  const auto fits_one = [folded](const Pattern& pattern) { return pattern.matches(folded); };
  return std::ranges::any_of(patterns, fits_one) != negated;
}

ActionIndex::ActionIndex(std::span<const ActionElement* const> statements)
    : words_((statements.size() + 63) / 64) {
  std::unordered_map<std::string, Mask> universe;
  const Mask none(words_, 0);
  for (const std::string& action : known_actions()) universe.emplace(action, none);
  Mask open = none;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (is_open(*statements[i])) set_bit(open, i);
    for (const Pattern& pattern : statements[i]->patterns) {
      if (pattern.literal().empty()) continue;
      Mask& mask = universe.emplace(pattern.literal(), none).first->second;
      if (!statements[i]->negated) set_bit(mask, i);
    }
  }
  for (auto& [action, mask] : universe) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if ((open[i / 64] >> (i % 64) & 1) != 0 && statements[i]->fits(action)) set_bit(mask, i);
    }
  }

  std::map<Mask, std::uint32_t> numbers;  // equal masks are kept once
  masks_ = open;
  const auto number_of = [&](const Mask& mask) {
    const auto next = static_cast<std::uint32_t>(masks_.size() / words_);
    const auto [at, made] = numbers.emplace(mask, next);
    if (made) masks_.insert(masks_.end(), mask.begin(), mask.end());
    return at->second;
  };
  for (const std::string& action : known_actions()) known_.push_back(number_of(universe[action]));
  for (const auto& [action, mask] : universe) {
    if (!known_action(action)) literals_.push_back(action);
  }
  std::ranges::sort(literals_);
  for (const std::string& action : literals_) literal_masks_.push_back(number_of(universe[action]));
}

ActionIndex::Candidates ActionIndex::find(std::string_view folded) const {
  if (const auto id = known_action(folded)) return {mask(known_[*id]), true};
  const auto at = std::ranges::lower_bound(literals_, folded);
  if (at != literals_.end() && *at == folded) {
    return {mask(literal_masks_[static_cast<std::size_t>(at - literals_.begin())]), true};
  }
  return {mask(0), false};
}

}  // namespace strongroom::policy
