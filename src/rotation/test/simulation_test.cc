// Ten thousand seeded schedules of a failing target, dying and deposed runners and impatient
// people, in virtual time: what must always hold is looked at after every event.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "strongroom/rotation/machine.h"
#include "strongroom/rotation/window.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::rotation {
namespace {

using connector::Status;
using connector::Step;

constexpr int kSchedules = 10'000;
constexpr int kEvents = 60;

enum class Mode { kSingle, kDual, kRam };

struct Value {
  std::string account;
  int secret = 0;
  bool operator==(const Value&) const = default;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    mode_ = static_cast<Mode>(below(3));
    secret_.type =
        mode_ == Mode::kRam ? secrets::SecretType::kRamCredentials : secrets::SecretType::kRds;
    insert("v1", {"app", next_secret_++}, secrets::kCurrent);
    if (mode_ == Mode::kDual) insert("v0", {"app_clone", next_secret_++}, secrets::kPrevious);
    for (const auto& [serial, value] : values_) target_.push_back(value);
  }

  void run() {
    for (int event = 0; event < kEvents && !broken(); ++event) step();
    calm_ = true;
    for (int event = 0; event < 400 && run_.running() && !broken(); ++event) step();
    EXPECT_FALSE(run_.running()) << "stuck in " << to_text(run_.phase);
    EXPECT_EQ(secret_.find_label(secrets::kPending), nullptr);
    EXPECT_TRUE(logs_in(of(secrets::kCurrent)));
  }

 private:
  bool broken() const { return testing::Test::HasFailure(); }
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  Shape shape() const { return {.dual = mode_ == Mode::kDual, .overlaps = mode_ == Mode::kRam}; }

  void insert(std::string id, Value value, std::string_view label) {
    secrets::Version version;
    version.id = std::move(id);
    const std::string_view labels[] = {label};
    auto added = secrets::insert_version(secret_, version, labels);
    ASSERT_TRUE(added);
    secret_ = std::move(added->after);
    values_[secret_.versions.back().serial] = std::move(value);
  }

  Value of(std::string_view label) const {
    const secrets::Version* version = secret_.find_label(label);
    return version == nullptr ? Value{} : values_.at(version->serial);
  }

  bool logs_in(const Value& value) const {
    return std::ranges::find(target_, value) != target_.end();
  }

  // Passwords replace one another; AccessKeys stand side by side.
  void accept(const Value& value) {
    if (mode_ == Mode::kRam) {
      if (logs_in(value)) return;
      if (target_.size() == 2) refuse(of(secrets::kPrevious));
      target_.push_back(value);
      return;
    }
    std::erase_if(target_, [&](const Value& known) { return known.account == value.account; });
    target_.push_back(value);
  }
  void refuse(const Value& value) {
    if (value == of(secrets::kCurrent)) return;
    std::erase(target_, value);
  }

  Status at_target(Step step) {
    const Value pending = of(secrets::kPending);
    switch (step) {
      case Step::kSet:
        if (logs_in(pending)) return Status::kAlreadyDone;
        accept(pending);
        return Status::kDone;
      case Step::kTest:
        return logs_in(pending) ? Status::kDone : Status::kRejected;
      case Step::kRetire:
        refuse(of(secrets::kPrevious));
        return Status::kDone;
      case Step::kRollBack:
        if (mode_ == Mode::kRam) refuse(pending);
        if (mode_ == Mode::kSingle && !logs_in(of(secrets::kCurrent)))
          accept(of(secrets::kCurrent));
        if (mode_ == Mode::kDual) accept(of(secrets::kPrevious));
        return Status::kDone;
      default:
        return Status::kDone;
    }
  }

  // What the caller sees; the target may have done it all the same.
  Status call(Step step) {
    if (calm_ || chance(55)) return at_target(step);
    switch (below(5)) {
      case 0:
        return Status::kUnreachable;
      case 1:
        return Status::kAmbiguous;
      case 2:
        at_target(step);
        return Status::kAmbiguous;
      case 3:
        // While the new AccessKey is there: it is the one to go on with.
        if (step == Step::kRetire && !logs_in(of(secrets::kPrevious))) return Status::kDone;
        return Status::kRejected;
      default:
        return Status::kConfiguration;
    }
  }

  void add_pending() {
    Value value = of(secrets::kCurrent);
    if (mode_ == Mode::kDual) value = of(secrets::kPrevious);
    value.secret = next_secret_++;
    secrets::Version version;
    version.id = run_.id;
    auto added = secrets::add_pending(secret_, version);
    ASSERT_TRUE(added) << added.error().message();
    secret_ = std::move(added->after);
    values_[secret_.versions.back().serial] = value;
  }

  void apply(Conclusion conclusion) {
    run_ = std::move(conclusion.after);
    if (conclusion.change == Change::kPromote) secret_ = secrets::promote(secret_, now_);
    if (conclusion.change == Change::kDropPending) secret_ = secrets::drop_pending(secret_).after;
    if (conclusion.change == Change::kNewCredential) add_pending();
    if (conclusion.change == Change::kSwapBack) secret_ = secrets::swap_labels(secret_, now_);
    if (conclusion.report == Report::kNone) return;
    // A failure that goes on slowly may still become a success; neither is told twice.
    EXPECT_TRUE(told_.insert(conclusion.report).second) << "told twice";
  }

  Moment moment() { return {now_, static_cast<double>(below(1'000)) / 1'000}; }

  void settle(std::uint64_t epoch, Status status) {
    if (!run_.leased || run_.epoch != epoch) return;  // fenced off
    apply(conclude(run_, shape(), {.status = status, .code = "Simulated"}, moment(), Pace()));
  }

  void step() {
    now_.unix_ms += below(calm_ ? 4'000'000 : 60'000);
    if (!run_.running() && !calm_) {
      const std::string id = "v" + std::to_string(++last_id_);
      run_ = start(std::move(run_), {.id = id, .overlap_ms = 600'000}, now_);
      told_.clear();
    }
    if (!calm_ && chance(4)) {
      if (auto cancelled = cancel(run_, now_)) apply(std::move(*cancelled));
      check();
    }
    Claim claimed = claim(run_, now_, Pace());
    if (claimed.turn == Claim::Turn::kNothing) return;
    run_ = claimed.after;
    const std::uint64_t epoch = run_.epoch;
    if (claimed.turn == Claim::Turn::kBegin) {
      // Stored in the same transaction, or not at all.
      add_pending();
      settle(epoch, Status::kDone);
      return check();
    }
    if (!calm_ && chance(8)) return restart();  // killed after the commit, before the call
    const Status status = call(claimed.step);
    check();
    if (!calm_ && chance(8)) return restart();  // killed after the call, before the commit
    if (!calm_ && chance(5)) {
      // It was slow: its lease ended, another runner did the same, then both come back.
      now_.unix_ms += Pace().budget_ms + Pace().margin_ms + 1;
      const Claim heir = claim(run_, now_, Pace());
      if (heir.turn == Claim::Turn::kStep) {
        run_ = heir.after;
        const Status seen = call(heir.step);
        settle(heir.after.epoch, seen);
        check();
      }
    }
    settle(epoch, status);
    check();
  }

  // The next start takes over what the killed one had leased, or waits until that is over.
  void restart() {
    if (chance(50)) return;
    if (auto taken = take_over(run_, now_)) run_ = std::move(*taken);
  }

  void check() {
    const Value current = of(secrets::kCurrent);
    const bool pending_works =
        secret_.find_label(secrets::kPending) != nullptr && logs_in(of(secrets::kPending));
    if (mode_ == Mode::kSingle) {
      EXPECT_TRUE(logs_in(current) || pending_works) << to_text(run_.phase);
    } else {
      EXPECT_TRUE(logs_in(current)) << to_text(run_.phase);
    }
    EXPECT_LE(target_.size(), 2U);
  }

  std::mt19937 random_;
  Mode mode_ = Mode::kSingle;
  bool calm_ = false;
  std::set<Report> told_;
  int next_secret_ = 1;
  int last_id_ = 1;
  Instant now_{1'000'000};
  secrets::Secret secret_;
  std::map<std::uint32_t, Value> values_;
  std::vector<Value> target_;
  Run run_;
};

TEST(Simulation, TheTargetAcceptsACSCurrentOrTheIntentWhateverHappens) {
  for (unsigned seed = 1; seed <= kSchedules; ++seed) {
    World(seed).run();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

// Made in one go, with one interval: they must not all rotate in one second.
TEST(Simulation, TenThousandSchedulesOfOneDateAreSpread) {
  std::mt19937_64 random(7);
  std::map<std::int64_t, int> a_minute;
  std::map<std::int64_t, int> in_window;
  const Instant next = *parse_utc("2026-11-22T12:00:00Z");
  for (int i = 0; i < kSchedules; ++i) {
    std::string id(16, 0);
    for (char& byte : id) byte = static_cast<char>(random());
    Timing timing{.secret = Uuid::from_bytes(id), .next = next, .interval_seconds = 30 * 86'400};
    const Instant begin = begins(timing, {});
    ASSERT_EQ(begin, begins(timing, {})) << "the same after every restart";
    ASSERT_LE(begin, next) << "never after what the API shows";
    ASSERT_GE(begin.unix_ms, next.unix_ms - kSpreadMillisMax);
    ++a_minute[begin.unix_ms / kMillisPerMinute];
    timing.window = "20:00-21:00";
    const Instant opened = begins(timing, {});
    ASSERT_GE(opened, *parse_utc("2026-11-22T20:00:00Z"));
    ASSERT_LT(opened, *parse_utc("2026-11-22T20:06:00Z"));
    ++in_window[opened.unix_ms / kMillisPerMinute];
    // Overdue after a long night: at once, in a window that is open already.
    ASSERT_EQ(begins(timing, *parse_utc("2026-11-24T20:30:00Z")),
              *parse_utc("2026-11-24T20:30:00Z"));
    // The smallest interval is not eaten up.
    timing = {.secret = timing.secret, .next = next, .interval_seconds = 60};
    ASSERT_GE(begins(timing, {}).unix_ms, next.unix_ms - 6'000);
  }
  ASSERT_GE(a_minute.size(), 30U);
  for (const auto& [minute, count] : a_minute) EXPECT_LT(count, 2 * kSchedules / 30);
  ASSERT_EQ(in_window.size(), 6U);
  for (const auto& [minute, count] : in_window) EXPECT_LT(count, 2 * kSchedules / 6);
}

}  // namespace
}  // namespace strongroom::rotation
