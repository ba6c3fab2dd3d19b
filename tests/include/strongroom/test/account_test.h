#pragma once
// The fixture of tests that run a connector over accounts at one real server: each test uses
// accounts of its own.

#include <gtest/gtest.h>

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

  static inline std::unique_ptr<Throwaway> server_;
  connector::Job job_;
  connector::Outcome outcome_;
};

}  // namespace strongroom::test
