// Random sequences of puts and label moves, seeded, against a model that is as naive as the text of
// semantics.md §1.3: a map from label to version id and a list of version ids.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "strongroom/base/limits.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::secrets {
namespace {

class Model {
 public:
  /// Whether the put was accepted.
  bool put(const std::string& id, const std::vector<std::string_view>& labels) {
    Model next = *this;
    if (std::ranges::find(next.ids_, id) != next.ids_.end()) return false;
    next.ids_.push_back(id);
    for (const auto label : labels) next.point(std::string(label), id);
    if (next.holder_.size() > limits::kLabelsPerSecretMax) return false;
    while (next.ids_.size() > limits::kVersionsPerSecretMax) next.drop_oldest_unlabelled();
    *this = std::move(next);
    return true;
  }

  bool move(const LabelMove& move) {
    Model next = *this;
    const std::string label(move.label);
    const bool builtin = label == kCurrent || label == kPrevious;
    if (move.to.empty() && (move.from.empty() || builtin)) return false;
    if (!move.from.empty() && (!holder_.contains(label) || holder_.at(label) != move.from))
      return false;
    if (move.to.empty()) {
      next.holder_.erase(label);
    } else {
      if (std::ranges::find(ids_, move.to) == ids_.end()) return false;
      next.point(label, std::string(move.to));
    }
    if (next.holder_.size() > limits::kLabelsPerSecretMax) return false;
    *this = std::move(next);
    return true;
  }

  void expect_same(const Secret& secret) const {
    std::vector<std::string> ids;
    std::map<std::string, std::string> holder;
    for (const Version& version : secret.versions) {
      ids.push_back(version.id);
      for (const auto& label : version.labels) {
        EXPECT_TRUE(holder.emplace(label, version.id).second) << label << " sits on two versions";
      }
    }
    EXPECT_EQ(ids, ids_);
    EXPECT_EQ(holder, holder_);
  }

  const std::vector<std::string>& ids() const { return ids_; }

 private:
  void point(const std::string& label, const std::string& id) {
    if (label == kCurrent && holder_.contains(label) && holder_[label] != id)
      holder_[std::string(kPrevious)] = holder_[label];
    holder_[label] = id;
  }
  void drop_oldest_unlabelled() {
    const auto victim = std::ranges::find_if(ids_, [this](const std::string& id) {
      return std::ranges::none_of(holder_, [&id](const auto& entry) { return entry.second == id; });
    });
    ids_.erase(victim);
  }

  std::vector<std::string> ids_;
  std::map<std::string, std::string> holder_;
};

void expect_invariants(const Secret& secret) {
  std::set<std::string> ids;
  std::size_t current = 0;
  std::size_t labels = 0;
  std::uint32_t last_serial = 0;
  for (const Version& version : secret.versions) {
    EXPECT_TRUE(ids.insert(version.id).second);
    EXPECT_GT(version.serial, last_serial);
    last_serial = version.serial;
    labels += version.labels.size();
    current += version.has(kCurrent) ? 1 : 0;
  }
  EXPECT_LT(last_serial, secret.next_serial);
  EXPECT_EQ(current, 1U);
  EXPECT_LE(labels, limits::kLabelsPerSecretMax);
  EXPECT_LE(secret.versions.size(), limits::kVersionsPerSecretMax);
}

class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed) {
    EXPECT_TRUE(model_.put("v0", {kCurrent}));
    Version first;
    first.id = "v0";
    secret_ = add_version({}, first, std::vector<std::string_view>{kCurrent})->after;
  }

  void step() {
    if (random_() % 2 == 0) {
      step_put();
    } else {
      step_move();
    }
    model_.expect_same(secret_);
    expect_invariants(secret_);
  }

 private:
  std::string_view any_label() {
    static constexpr std::string_view kLabels[] = {kCurrent, kPrevious, "ACSPending", "a", "b",
                                                   "c",      "d",       "e",          "f", "g"};
    return kLabels[random_() % std::size(kLabels)];
  }
  std::string any_id() {
    if (random_() % 8 == 0) return "unknown";
    return model_.ids()[random_() % model_.ids().size()];
  }

  void step_put() {
    std::vector<std::string_view> labels;
    for (std::uint64_t n = 1 + random_() % 3; n > 0; --n) labels.push_back(any_label());
    const auto checked = put_labels(labels);
    if (!checked) return;
    Version version;
    version.id = random_() % 6 == 0 ? any_id() : "v" + std::to_string(++count_);
    const bool accepted = model_.put(version.id, *checked);
    auto added = add_version(secret_, version, *checked);
    ASSERT_EQ(added.has_value(), accepted);
    if (added) secret_ = std::move(added->after);
  }

  void step_move() {
    const std::string to = random_() % 4 == 0 ? "" : any_id();
    const std::string from = random_() % 2 == 0 ? "" : any_id();
    const LabelMove move{any_label(), to, from};
    const bool accepted = model_.move(move);
    auto moved = move_label(secret_, move, {});
    ASSERT_EQ(moved.has_value(), accepted);
    if (moved) secret_ = std::move(*moved);
  }

  std::mt19937_64 random_;
  Model model_;
  Secret secret_;
  int count_ = 0;
};

TEST(TransitionProperties, RandomSequencesMatchTheModelAndKeepTheInvariants) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sequence sequence(seed);
    for (int i = 0; i < 400; ++i) {
      sequence.step();
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace strongroom::secrets
