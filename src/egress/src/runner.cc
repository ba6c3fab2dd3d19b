#include "strongroom/egress/runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/child_process.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/base/time.h"
#include "strongroom/egress/serve.h"
#include "wire.h"

namespace strongroom::egress {

using connector::Kind;
using connector::make_outcome;
using connector::Status;

namespace {

// Beyond a job's budget before the server stops waiting for the process to end it.
constexpr std::int64_t kGraceMillis = 800;
constexpr int kPollMillis = 500;
constexpr std::int64_t kRestartMillis = 1'000;  // between two starts

Result<ChildProcess> spawn(const RunnerOptions& options) {
  if (auto child = start_child(options.program, options.arguments, kSocket)) return *child;
  return fail(ErrorKind::kUnavailable, "EgressNotStarted",
              "The egress process " + options.program + " cannot be started.");
}

}  // namespace

struct EgressRunner::State {
  struct Waiting {
    Done done;
    std::int64_t deadline_ns = 0;
  };

  RunnerOptions options;
  std::atomic<int> process_id{-1};
  std::atomic<bool> stopping{false};
  mutable std::mutex mutex;
  std::condition_variable started;        // or to be stopped
  ChildProcess process;                   // under mutex
  std::int64_t started_ns = 0;            // under mutex
  std::map<std::uint64_t, Waiting> jobs;  // under mutex
  std::uint64_t last_number = 0;          // under mutex
  std::thread reader;

  /// False if the process cannot take it now; else `done` was taken.
  bool hand_over(std::span<const std::uint8_t> frame, std::uint32_t budget, Done& done);
  void read_answers();
  bool read_one(int socket);
  void expire();
  void give_up_all();
  bool ensure_process();
  void end_process();
};

/// False when the process is gone or talks nonsense.
bool EgressRunner::State::read_one(int socket) {
  std::array<std::uint8_t, kAnswerHeadBytes> bytes{};
  if (!receive_all(socket, bytes)) return false;
  const AnswerHead head = decode_answer_head(bytes);
  if (head.length > limits::kConnectorFrameBytesMax) return false;
  Result<connector::Outcome> outcome =
      make_outcome(Status::kAmbiguous, "ConnectorEnded",
                   "The connector ended, or did not answer within its time.");
  if (head.length > 0) {
    auto frame = SecretBytes::zeroed(head.length);
    if (!frame || !receive_all(socket, EgressReveal::into(*frame))) return false;
    outcome = connector::decode_outcome(EgressReveal::view(*frame));
  }
  Done done;
  {
    const std::scoped_lock lock(mutex);
    const auto job = jobs.find(head.number);
    if (job == jobs.end()) return true;  // given up already
    done = std::move(job->second.done);
    jobs.erase(job);
  }
  done(std::move(outcome));
  return true;
}

/// Answers jobs whose process does not keep its deadlines.
void EgressRunner::State::expire() {
  std::vector<Done> late;
  {
    const std::scoped_lock lock(mutex);
    for (auto job = jobs.begin(); job != jobs.end();) {
      if (job->second.deadline_ns > monotonic_ns()) {
        ++job;
        continue;
      }
      late.push_back(std::move(job->second.done));
      job = jobs.erase(job);
    }
  }
  for (const Done& done : late)
    done(make_outcome(Status::kAmbiguous, "EgressLate",
                      "The target did not answer within the time of the step."));
}

void EgressRunner::State::give_up_all() {
  std::map<std::uint64_t, Waiting> lost;
  {
    const std::scoped_lock lock(mutex);
    lost.swap(jobs);
  }
  for (const auto& [number, job] : lost)
    job.done(make_outcome(Status::kAmbiguous, "EgressLost",
                          "The egress process ended while it worked on this."));
}

void EgressRunner::State::end_process() {
  ChildProcess ended;
  {
    const std::scoped_lock lock(mutex);
    ended = std::exchange(process, {});
  }
  if (ended.socket >= 0) close(ended.socket);
  if (ended.id <= 0) return;
  kill(ended.id, SIGKILL);
  int status = 0;
  while (waitpid(ended.id, &status, 0) < 0 && errno == EINTR) {
  }
}

/// Starts the process if there is none. mutex is held.
bool EgressRunner::State::ensure_process() {
  if (process.socket >= 0) return true;
  if (started_ns != 0 && monotonic_ns() < started_ns + kRestartMillis * kNanosPerMilli)
    return false;
  started_ns = monotonic_ns();
  const auto spawned = spawn(options);
  if (!spawned) {
    log::error("egress_not_started", {{"why", spawned.error().message()}});
    return false;
  }
  process = *spawned;
  process_id = process.id;
  started.notify_one();
  return true;
}

bool EgressRunner::State::hand_over(std::span<const std::uint8_t> frame, std::uint32_t budget,
                                    Done& done) {
  const std::scoped_lock lock(mutex);
  if (jobs.size() >= limits::kEgressJobsMax || !ensure_process()) return false;
  const std::uint64_t number = ++last_number;
  const std::string head =
      encode(JobHead{number, budget, static_cast<std::uint32_t>(frame.size())});
  // Half a message cannot be taken back: the reader will see the process end.
  if (!send_all(process.socket, as_bytes(head)) || !send_all(process.socket, frame)) return false;
  jobs[number] = {
      .done = std::move(done),
      .deadline_ns = monotonic_ns() + (std::int64_t{budget} + kGraceMillis) * kNanosPerMilli};
  return true;
}

void EgressRunner::State::read_answers() {
  while (true) {
    int socket = -1;
    {
      std::unique_lock lock(mutex);
      started.wait(lock, [this] { return stopping || process.socket >= 0; });
      socket = process.socket;
    }
    if (stopping) return;
    pollfd waiting{socket, POLLIN, 0};
    const int ready = poll(&waiting, 1, kPollMillis);
    expire();
    if (stopping) return;
    if (ready <= 0 || read_one(socket)) continue;
    log::error("egress_ended", {{"pid", std::to_string(process_id.load())}});
    end_process();
    give_up_all();
  }
}

EgressRunner::EgressRunner(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<EgressRunner>> EgressRunner::start(RunnerOptions options) {
  if (access(options.program.c_str(), X_OK) != 0)
    return fail(ErrorKind::kUnavailable, "EgressNotStarted",
                "There is no program " + options.program + ".");
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  State& shared = *state;
  state->reader = std::thread([&shared] { shared.read_answers(); });
  return std::unique_ptr<EgressRunner>(new EgressRunner(std::move(state)));
}

EgressRunner::~EgressRunner() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
    if (state_->process.socket >= 0) shutdown(state_->process.socket, SHUT_RDWR);
    state_->started.notify_one();
  }
  state_->reader.join();
  state_->end_process();
  state_->give_up_all();
}

bool EgressRunner::serves(Kind kind) const {
  return kind == Kind::kMysql || kind == Kind::kPostgres || kind == Kind::kRedis ||
         kind == Kind::kSsh || kind == Kind::kHttp || kind == Kind::kExecutable ||
         kind == Kind::kFunctionCompute || kind == Kind::kCloudRds || kind == Kind::kCloudRam ||
         kind == Kind::kCloudEcs;
}

void EgressRunner::submit(connector::Job job, Done done) {
  const auto budget = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(job.budget_ms, 1, limits::kStepMillisMax));
  const auto frame = connector::encode(job);
  if (!frame) return done(std::unexpected(frame.error()));
  if (!state_->hand_over(EgressReveal::view(*frame), budget, done))
    done(make_outcome(Status::kUnreachable, "EgressBusy",
                      "The egress process is starting or has too much to do."));
}

int EgressRunner::process_id() const {
  return state_->process_id;
}

}  // namespace strongroom::egress
