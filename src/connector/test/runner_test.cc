#include "strongroom/connector/runner.h"

#include <gtest/gtest.h>

namespace strongroom::connector {
namespace {

class Fixed final : public Connector {
 public:
  Fixed(Kind kind, std::string code) : kind_(kind), code_(std::move(code)) {}
  Kind kind() const override { return kind_; }
  Result<Outcome> run(const Job&) override { return make_outcome(Status::kDone, code_, ""); }

 private:
  Kind kind_;
  std::string code_;
};

std::string code_for(Runner& runner, Kind kind) {
  Job job;
  job.kind = kind;
  const auto outcome = runner.run(std::move(job));
  EXPECT_TRUE(outcome.has_value());
  return outcome->code;
}

TEST(LocalRunner, FindsTheConnectorOrTheOtherRunnerOrSaysSo) {
  Fixed mysql(Kind::kMysql, "m");
  Fixed ram(Kind::kRam, "r");
  LocalRunner far({&mysql});
  LocalRunner near({&ram}, &far);
  EXPECT_EQ(code_for(near, Kind::kRam), "r");
  EXPECT_EQ(code_for(near, Kind::kMysql), "m");
  EXPECT_EQ(code_for(near, Kind::kRedis), "NoConnector");
  EXPECT_TRUE(near.serves(Kind::kMysql));
  EXPECT_FALSE(near.serves(Kind::kRedis));
}

}  // namespace
}  // namespace strongroom::connector
