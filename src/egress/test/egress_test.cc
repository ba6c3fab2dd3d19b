#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "sandbox.h"
#include "strongroom/egress/runner.h"
#include "strongroom/egress/serve.h"
#include "strongroom/test/reveal.h"

namespace strongroom::egress {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Status;

/// "refused" or "possible" for something that a connector has no reason to do.
std::string attempt(const std::string& what) {
  const auto refused = [](bool possible) { return possible ? "possible" : "refused"; };
  if (what == "read what is not its own") return refused(open("/root", O_RDONLY) >= 0);
  if (what == "look around") return refused(open("/", O_RDONLY) >= 0);
  if (what == "write a file") return refused(open("/var/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0);
  if (what == "read the server's memory")
    return refused(open(("/proc/" + std::to_string(getppid()) + "/mem").c_str(), O_RDONLY) >= 0);
  if (what == "run a program") {
    const std::array<const char*, 2> arguments{"/bin/true", nullptr};
    execv(arguments[0], const_cast<char* const*>(arguments.data()));
    return "refused";
  }
  if (what == "start a process") {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return refused(child > 0);
  }
  if (what == "look into a process") return refused(ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0);
  if (what == "run what it wrote")
    return refused(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  if (what == "listen") {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    return refused(bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof(any)) == 0);
  }
  if (what == "speak to the kernel's cryptography")
    return refused(::socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0);
  return "unknown";
}

/// What connecting to the port of 127.0.0.1 comes to, as an errno.
int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int failed = connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof(where));
  return failed == 0 ? 0 : errno;
}

/// Does what the job's id says.
class Obedient final : public connector::Connector {
 public:
  Kind kind() const override { return Kind::kMysql; }
  Result<Outcome> run(const Job& job) override {
    if (job.id == "hang") std::this_thread::sleep_for(std::chrono::seconds(60));
    if (job.id == "crash") std::abort();
    if (job.id == "attempt")
      return connector::make_outcome(Status::kDone, "", attempt(job.secret_arn));
    if (job.id == "connect")
      return connector::make_outcome(
          Status::kDone, "", std::to_string(connect_to(static_cast<std::uint16_t>(job.attempt))));
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

TEST(Egress, AJobCanDoNothingButItsJob) {
  const auto runner = start();
  for (const char* what :
       {"read what is not its own", "look around", "write a file", "read the server's memory",
        "run a program", "start a process", "look into a process", "run what it wrote", "listen",
        "speak to the kernel's cryptography"}) {
    Job job = job_of("attempt");
    job.secret_arn = what;
    const auto outcome = runner->run(std::move(job));
    EXPECT_EQ(outcome->message, "refused") << what;
  }
}

TEST(Egress, AJobConnectsToThePortOfItsTargetOnly) {
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 4)
    GTEST_SKIP() << "this kernel cannot refuse ports";
  const auto runner = start();
  const auto connecting = [&](std::uint32_t port, const std::string& address) {
    Job job = job_of("connect");
    job.attempt = port;
    job.target.address = address;
    return runner->run(std::move(job))->message;
  };
  // Nobody listens there; what is not permitted is refused before that is known.
  EXPECT_EQ(connecting(1, "db:1"), std::to_string(ECONNREFUSED));
  EXPECT_EQ(connecting(2, "db:1"), std::to_string(EACCES));
}

TEST(Sandbox, KnowsThePortsOfAJob) {
  using testing::ElementsAre;
  Job job;
  for (const auto& [address, port] : {std::pair("db.internal:3306", 3306),
                                      {"[::1]:5432", 5432},
                                      {"https://x.example/run:1", 443},
                                      {"https://127.0.0.1:8443/a?b=c:9", 8443},
                                      {"https://[::1]/", 443}}) {
    job.target.address = address;
    EXPECT_THAT(ports_of(job), ElementsAre(53, port)) << address;
  }
  job.options = {{"login", "db:3307"}};
  EXPECT_THAT(ports_of(job), ElementsAre(53, 443, 3307));
  job.options = {{"login", "none"}};
  EXPECT_THAT(ports_of(job), ElementsAre(53, 443));
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
