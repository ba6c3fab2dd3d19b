// The step protocol over real programs; HTTPS and Function Compute are tested end to end
// (tests/e2e/python/rotation_functions.py).

#include "strongroom/connector_function/connector.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "strongroom/test/reveal.h"

namespace strongroom::connector_function {
namespace {

using connector::Job;
using connector::Outcome;
using connector::Status;
using connector::Step;

class Executable : public testing::Test {
 protected:
  // As in the process that connectors run in: a program may end before it has read its event.
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }
  void SetUp() override {
    std::string name = testing::TempDir() + "function-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    program_ = directory_ + "/program";
  }
  void TearDown() override {
    for (const char* name : {"/program", "/event"}) unlink((directory_ + name).c_str());
    rmdir(directory_.c_str());
  }
  void write(const std::string& script, mode_t mode = 0700) const {
    std::ofstream(program_) << "#!/bin/sh\n" << script;
    chmod(program_.c_str(), mode);
  }
  Job job(Step step) const {
    Job job;
    job.id = "v2";
    job.step = step;
    job.kind = connector::Kind::kExecutable;
    job.secret_arn = "acs:kms:cn-hangzhou:1:secret/shop/key";
    job.target.address = program_;
    job.current.secret = test::secret("old \"value\"\n");
    job.pending.secret = test::secret("candidate");
    job.privileged.secret = test::secret("the admin's token");
    job.options = {{"parameter.url", "https://x"}, {"Function", "fn"}};
    job.budget_ms = 10'000;
    return job;
  }
  Outcome run(const Job& job) const {
    ExecutableConnector connector({program_});
    auto outcome = connector.run(job);
    EXPECT_TRUE(outcome.has_value());
    return std::move(*outcome);
  }
  Outcome run(Step step) const { return run(job(step)); }
  std::string event() const {
    std::stringstream text;
    text << std::ifstream(directory_ + "/event").rdbuf();
    return text.str();
  }

  std::string directory_;
  std::string program_;
};

TEST_F(Executable, GetsTheEventOnStandardInputAndTheStepAsItsOnlyArgument) {
  write("[ $# = 1 ] && [ \"$1\" = set ] && cat > " + directory_ +
        "/event && echo '{\"Status\":\"done\"}'");
  EXPECT_EQ(run(Step::kSet).status, Status::kDone);
  EXPECT_EQ(event(),
            R"({"Protocol":"1","Step":"set","RotationId":"v2","Attempt":"1",)"
            R"("SecretArn":"acs:kms:cn-hangzhou:1:secret/shop/key","SecretName":"shop/key",)"
            R"("Current":"old \"value\"\u000a","Pending":"candidate",)"
            R"("Privileged":"the admin's token","Parameters":{"url":"https://x"}})");
}

TEST_F(Executable, NewMayBringAValueOfItsOwn) {
  write("cat > " + directory_ + R"(/event; echo '{"Status":"done","Value":"made here"}')");
  const Outcome made = run(Step::kCreate);
  EXPECT_EQ(made.status, Status::kDone);
  EXPECT_EQ(test::reveal(made.produced.secret), "made here");
  EXPECT_NE(event().find(R"("Step":"new")"), std::string::npos);
  EXPECT_NE(event().find(R"("Candidate":"candidate")"), std::string::npos);
  EXPECT_EQ(event().find("Pending"), std::string::npos);
  EXPECT_TRUE(run(Step::kTest).produced.secret.empty()) << "only new makes values";
}

TEST_F(Executable, EveryStatusAndEveryStep) {
  constexpr std::pair<const char*, Status> kAll[] = {{"done", Status::kDone},
                                                     {"already_done", Status::kAlreadyDone},
                                                     {"unreachable", Status::kUnreachable},
                                                     {"ambiguous", Status::kAmbiguous},
                                                     {"rejected", Status::kRejected},
                                                     {"configuration", Status::kConfiguration}};
  for (const auto& [text, status] : kAll) {
    write(std::string("cat >/dev/null; echo '{\"Status\":\"") + text +
          R"(","Code":"Why","Message":"Because."}')");
    const Outcome outcome = run(Step::kSet);
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.code, outcome.succeeded() ? "" : "Why");
  }
  for (const auto& [step, name] : {std::pair(Step::kInspect, "check"),
                                   {Step::kProbe, "probe"},
                                   {Step::kCreate, "new"},
                                   {Step::kTest, "test"},
                                   {Step::kFinish, "finish"},
                                   {Step::kRollBack, "abort"}}) {
    write(std::string("cat >/dev/null; [ $1 = ") + name + " ] && echo '{\"Status\":\"done\"}'");
    EXPECT_EQ(run(step).status, Status::kDone) << name;
  }
  write("exit 1");
  EXPECT_EQ(run(Step::kRetire).status, Status::kAlreadyDone) << "functions are not asked to retire";
}

TEST_F(Executable, WhatIsNoAnswerMayHaveDoneSomething) {
  for (const char* script :
       {"echo done", "echo '{}'", "echo '{\"Status\":\"maybe\"}'", "exit 3", "kill -9 $$",
        "echo '{\"Status\":\"done\"}'; exit 1", "yes | head -c 300000"}) {
    write(script);
    EXPECT_EQ(run(Step::kSet).status, Status::kAmbiguous) << script;
  }
}

TEST_F(Executable, AProgramThatHangsIsEndedWithAllItStarted) {
  write("sleep 600 & echo $! > " + directory_ + "/event; sleep 600");
  Job hangs = job(Step::kSet);
  hangs.budget_ms = 500;
  EXPECT_EQ(run(hangs).code, "FunctionLate");
}

TEST_F(Executable, NoCredentialGetsIntoMessagesOrNotes) {
  write(R"(cat >/dev/null; echo '{"Status":"rejected","Code":"a b","Message":"not candidate!"}')");
  const Outcome outcome = run(Step::kSet);
  EXPECT_EQ(outcome.code, "FunctionError");
  EXPECT_EQ(outcome.message.find("candidate"), std::string::npos);
  write(R"(cat >/dev/null; echo '{"Status":"done","Value":"made here","Note":"it is made here"}')");
  EXPECT_TRUE(run(Step::kCreate).facts.notes.empty());
  write(R"(cat >/dev/null; echo '{"Status":"done","Note":"see the admin'"'"'s token"}')");
  EXPECT_EQ(run(Step::kSet).facts.notes.at(0).find("token"), std::string::npos);
}

TEST_F(Executable, OnlyWhatIsAllowedAndSafeIsRun) {
  write("echo '{\"Status\":\"done\"}'");
  ExecutableConnector nothing({});
  EXPECT_EQ(nothing.run(job(Step::kSet))->code, "ExecutableNotAllowed");
  chmod(program_.c_str(), 0722);
  EXPECT_EQ(run(Step::kSet).code, "ExecutableWritable");
  unlink(program_.c_str());
  EXPECT_EQ(run(Step::kSet).code, "ExecutableMissing");
}

TEST(Https, AddressesAreChecked) {
  Job job;
  job.step = Step::kSet;
  for (const char* address : {"http://x/y", "x:443", "https://u@x/"}) {
    job.target.address = address;
    EXPECT_EQ(HttpConnector({}).run(job)->code, "TargetAddress") << address;
    EXPECT_EQ(FunctionComputeConnector({}).run(job)->code, "TargetAddress") << address;
  }
  job.target.address = "https://127.0.0.1:1/";
  EXPECT_FALSE(HttpConnector({}).run(job)->succeeded()) << "not a public address";
  EXPECT_EQ(FunctionComputeConnector({}).run(job)->code, "FunctionName");
}

}  // namespace
}  // namespace strongroom::connector_function
