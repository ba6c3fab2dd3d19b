#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "strongroom/egress/runner.h"
#include "strongroom/egress/serve.h"
#include "strongroom/test/reveal.h"

namespace strongroom::egress {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Status;

/// Does what the job's id says.
class Obedient final : public connector::Connector {
 public:
  Kind kind() const override { return Kind::kMysql; }
  Result<Outcome> run(const Job& job) override {
    if (job.id == "hang") std::this_thread::sleep_for(std::chrono::seconds(60));
    if (job.id == "crash") std::abort();
    Outcome outcome = connector::make_outcome(Status::kDone, "", test::reveal(job.pending.secret));
    outcome.facts.server = std::to_string(getpid());
    return outcome;
  }
};

Job job_of(std::string id, std::int64_t budget_ms = 20'000) {
  Job job;
  job.id = std::move(id);
  job.kind = Kind::kMysql;
  job.budget_ms = budget_ms;
  job.pending = {"app", "", test::secret("pass-" + job.id)};
  return job;
}

// The test binary started again with this argument is the egress process.
constexpr const char* kRole = "--egress-role";

std::unique_ptr<EgressRunner> start() {
  return EgressRunner::start({.program = "/proc/self/exe", .arguments = {kRole}}).value();
}

TEST(Egress, RunsJobsInChildrenOfAnotherProcess) {
  const auto runner = start();
  const auto first = runner->run(job_of("one"));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status, Status::kDone);
  EXPECT_EQ(first->message, "pass-one");
  EXPECT_NE(first->facts.server, std::to_string(getpid()));
  EXPECT_NE(first->facts.server, runner->run(job_of("two"))->facts.server);
}

TEST(Egress, AHungTargetCostsOneSlotUntilItsDeadline) {
  const auto runner = start();
  std::promise<Result<Outcome>> hung;
  runner->submit(job_of("hang", 1'500), [&](Result<Outcome> o) { hung.set_value(std::move(o)); });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(runner->run(job_of("quick"))->status, Status::kDone);
  const auto outcome = hung.get_future().get();
  EXPECT_EQ(outcome->status, Status::kAmbiguous);
  EXPECT_EQ(outcome->code, "ConnectorEnded");
}

TEST(Egress, ACrashEndsOneJob) {
  const auto runner = start();
  ASSERT_EQ(runner->run(job_of("up"))->status, Status::kDone);
  const int process = runner->process_id();
  EXPECT_EQ(runner->run(job_of("crash"))->status, Status::kAmbiguous);
  EXPECT_EQ(runner->run(job_of("after"))->status, Status::kDone);
  EXPECT_EQ(runner->process_id(), process);
}

TEST(Egress, AKilledProcessIsStartedAgain) {
  const auto runner = start();
  ASSERT_EQ(runner->run(job_of("up"))->status, Status::kDone);
  std::promise<Result<Outcome>> lost;
  runner->submit(job_of("hang"), [&](Result<Outcome> o) { lost.set_value(std::move(o)); });
  const int process = runner->process_id();
  kill(process, SIGKILL);
  EXPECT_EQ(lost.get_future().get()->code, "EgressLost");
  // At most once a second.
  auto again = runner->run(job_of("again"));
  for (int i = 0; i < 600 && again->code == "EgressBusy"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    again = runner->run(job_of("again"));
  }
  EXPECT_EQ(again->status, Status::kDone);
  EXPECT_NE(runner->process_id(), process);
}

TEST(Egress, ManyAtOnce) {
  const auto runner = start();
  std::vector<std::promise<Result<Outcome>>> answers(100);
  for (std::size_t i = 0; i < answers.size(); ++i)
    runner->submit(job_of(std::to_string(i)),
                   [&answers, i](Result<Outcome> o) { answers[i].set_value(std::move(o)); });
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(answers[i].get_future().get()->message, "pass-" + std::to_string(i));
}

TEST(Egress, AProgramThatIsNotThere) {
  const auto runner = EgressRunner::start({.program = "/nonexistent/egress", .arguments = {}});
  ASSERT_FALSE(runner.has_value());
  EXPECT_EQ(runner.error().code(), "EgressNotStarted");
}

TEST(Egress, TheProcessIsConfined) {
  const auto runner = start();
  ASSERT_TRUE(runner->run(job_of("up")).has_value());
  std::ifstream status("/proc/" + std::to_string(runner->process_id()) + "/status");
  const std::string text(std::istreambuf_iterator<char>(status), {});
  EXPECT_THAT(text, testing::HasSubstr("NoNewPrivs:\t1"));
  if (getuid() == 0) {
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("Uid:\t0")));
  }
}

}  // namespace
}  // namespace strongroom::egress

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == strongroom::egress::kRole) {
    if (!strongroom::egress::confine("nobody")) return 3;
    strongroom::egress::Obedient connector;
    strongroom::connector::Connector* const connectors[] = {&connector};
    return strongroom::egress::serve(strongroom::egress::kSocket, 4, connectors);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
