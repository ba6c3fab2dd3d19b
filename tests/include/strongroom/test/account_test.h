#pragma once
// The fixture of tests that run a connector over accounts at one real server: each test uses
// accounts of its own.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>

#include "strongroom/test/account_job.h"

namespace strongroom::test {

template <class Connector, connector::Kind kKind>
class AccountTest : public ::testing::Test {
 protected:
  static void TearDownTestSuite() { server_.reset(); }

  virtual connector::Job job_of(connector::Step step, const Login& current,
                                const Login& pending) const {
    return account_job(*server_, kKind, step, current, pending);
  }

  /// As text_of(); what else is known of it is in outcome_.
  std::string run(connector::Step step, const Login& current, const Login& pending) {
    job_ = job_of(step, current, pending);
    return run();
  }
  std::string run() {
    auto outcome = Connector().run(job_);
    const std::string text = text_of(outcome);
    if (outcome) outcome_ = std::move(*outcome);
    return text;
  }
  bool logs_in(const Login& login) {
    EXPECT_EQ(run(connector::Step::kProbe, {}, login), "done");
    return outcome_.facts.pending == connector::Login::kAccepted;
  }

  /// What the watch over drift sees of a pair: both log in, but somebody changed a right by hand,
  /// as `change` does to `first`.
  template <class Change>
  void expect_probe_tells_grants(const Login& first, const Login& twin, Change change) {
    EXPECT_EQ(run(connector::Step::kSet, first, twin), "done");
    job_ = account_job(*server_, kKind, connector::Step::kProbe, twin, {});
    job_.dual = true;
    job_.previous = first.credential();
    EXPECT_EQ(run(), "done");
    EXPECT_EQ(outcome_.facts.grants_equal, true);
    EXPECT_TRUE(outcome_.facts.notes.empty());
    change();
    EXPECT_EQ(run(), "done");
    EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
    EXPECT_EQ(outcome_.facts.previous, connector::Login::kAccepted);
    EXPECT_EQ(outcome_.facts.grants_equal, false);
    const std::string note =
        "the grants of " + first.account + " differ from those of " + twin.account + ": ";
    EXPECT_THAT(outcome_.facts.notes, testing::Contains(testing::StartsWith(note)));
  }

  static inline std::unique_ptr<Throwaway> server_;
  connector::Job job_;
  connector::Outcome outcome_;
};

}  // namespace strongroom::test
