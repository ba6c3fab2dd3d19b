// `strongroomd serve`: the production server, which may take another one's place, and may be asked
// to give up its own.

#include <poll.h>
#include <sys/signalfd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "control.h"
#include "service_manager.h"
#include "startup.h"
#include "strongroom/base/log.h"
#include "strongroom/secmem/locked_memory.h"
#include "strongroom/server/commands.h"
#include "strongroom/server/running_server.h"
#include "succession.h"
#include "terminal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kFarewellMillis = 1'000;
constexpr std::int64_t kRequestMillis = 5'000;

class Serving {
 public:
  Serving(const Config& config, const sigset_t& signals)
      : config_(config), stop_(signalfd(-1, &signals, SFD_CLOEXEC)) {}

  int run(bool take_over);

 private:
  enum class End : std::uint8_t { kStopped, kSucceeded, kSuccessorFailed };

  Result<void> inherit(bool take_over);
  Result<barrier::UnsealedDirectory> open() const;
  void announce();
  End serve(std::unique_ptr<RunningServer> server);
  std::optional<End> answer_call(std::unique_ptr<RunningServer>& server);
  std::optional<End> give_way(const ControlChannel& successor,
                              std::unique_ptr<RunningServer>& server);

  const Config& config_;
  const Descriptor stop_;
  SocketKeeper sockets_;
  std::optional<ControlChannel> predecessor_;
  std::optional<barrier::UnsealedDirectory> opened_;  // before the predecessor gave way
  std::optional<ControlPoint> control_;
};

Result<barrier::UnsealedDirectory> Serving::open() const {
  if (std::filesystem::exists(unfinished_mark(config_.data_directory))) {
    return fail(ErrorKind::kConflict, "DataDirectory.Unfinished",
                "strongroomd init did not finish with " + config_.data_directory +
                    ", so nobody has the root AccessKey of the account in it");
  }
  SR_TRY(const barrier::SlotSecret secret, seal_of(config_));
  return barrier::open_data_directory(config_.data_directory, barrier::Mode::kProduction, secret);
}

Result<void> Serving::inherit(bool take_over) {
  SR_CHECK_OK(sockets_.adopt_activated());
  if (!take_over) return {};
  SR_TRY(predecessor_, ControlChannel::call(config_.data_directory));
  if (!predecessor_) return {};
  // What can go wrong goes wrong, and what takes its time is done, before the other one stops.
  SR_TRY(const auto files, barrier::read_directory_files(config_.data_directory));
  SR_TRY(opened_, open());
  SR_TRY(const std::vector<int> descriptors, take_sockets(*predecessor_));
  SR_CHECK_OK(sockets_.adopt(descriptors));
  SR_CHECK_OK(await_release(*predecessor_));
  // The other one may have let the store follow a new root since.
  const auto now = barrier::read_directory_files(config_.data_directory);
  if (!now || *now != files) opened_.reset();
  return {};
}

// Swap is off or the start was refused; still somebody may switch it on later.
void warn_of_unlocked_memory() {
  const LockedMemory memory = locked_memory();
  if (memory.fully_locked) return;
  log::warn("memory_not_locked", {{"bytes", static_cast<std::int64_t>(memory.unlocked_bytes)},
                                  {"why", std::generic_category().message(memory.lock_error)},
                                  {"next", "raise RLIMIT_MEMLOCK (LimitMEMLOCK=)"}});
}

void Serving::announce() {
  if (auto point = ControlPoint::open(config_.data_directory); point) {
    control_ = std::move(*point);
  } else {
    log::warn("no_control", {{"why", point.error().message()}});
  }
  if (predecessor_) declare_serving(*predecessor_);
  predecessor_.reset();
  warn_of_unlocked_memory();
  tell_service_manager("READY=1");
}

void print_addresses(const Config& config, const StartedFacts& facts) {
  std::printf("serving on %s:%u\n", config.listen.host.c_str(), facts.port);
  for (const InstanceEndpoint& instance : facts.instances) {
    std::printf("serving %s on %s:%u\n", instance.id.c_str(), instance.address.host.c_str(),
                instance.address.port);
  }
  if (facts.all_instances.port != 0) {
    std::printf("serving all KMS instances on %s:%u\n", facts.all_instances.host.c_str(),
                facts.all_instances.port);
  }
  std::fflush(stdout);
}

// On a bad day nobody may be led to make a new directory in the place of the one that is locked.
std::string next_after(const Error& error) {
  if (error.code() == "DataDirectory.NotFound")
    return "restore a backup (docs/runbooks/restore.md), or make a new directory: strongroomd init";
  if (error.code() == "DataDirectory.Unfinished")
    return "remove the directory and its key file, then make them again: strongroomd init";
  if (error.kind() == ErrorKind::kCorrupt)
    return "keep the directory as it is and restore a backup: docs/runbooks/restore.md";
  return "mend the cause above, or open it with another slot: docs/runbooks/lost-slot.md";
}

std::string next_after_start(const Error& error) {
  if (error.code() == "AuditLogCorrupt") return "see docs/runbooks/audit-log.md";
  if (error.kind() == ErrorKind::kCorrupt) return next_after(error);
  return "fix the cause above and start again";
}

// Up to the point where nothing of this process holds the data directory any more.
std::optional<Serving::End> Serving::give_way(const ControlChannel& successor,
                                              std::unique_ptr<RunningServer>& server) {
  if (const auto handed = hand_over_sockets(successor, sockets_.descriptors()); !handed) {
    log::warn("succession_broken_off", {{"why", handed.error().message()}});
    return std::nullopt;
  }
  log::info("giving_way");
  server->say_farewell(kFarewellMillis);
  server->stop();
  server.reset();
  return succeeded(successor) ? End::kSucceeded : End::kSuccessorFailed;
}

std::optional<Serving::End> Serving::answer_call(std::unique_ptr<RunningServer>& server) {
  const auto caller = control_->accept();
  if (!caller) {
    log::warn("control_call_refused", {{"why", caller.error().message()}});
    return std::nullopt;
  }
  const auto asked = caller->receive_text(kRequestMillis);
  if (!asked) return std::nullopt;
  if (*asked == kTakeOver) return give_way(*caller, server);
  if (*asked == kFormats) {
    (void)caller->send("formats 1 to " + std::to_string(barrier::kFormatEpoch));
    return std::nullopt;
  }
  (void)caller->send("this server does not know what '" + asked->substr(0, 100) + "' means");
  return std::nullopt;
}

Serving::End Serving::serve(std::unique_ptr<RunningServer> server) {
  pollfd waiting[] = {
      {.fd = stop_.get(), .events = POLLIN, .revents = 0},
      {.fd = control_ ? control_->descriptor() : -1, .events = POLLIN, .revents = 0}};
  while (true) {
    if (poll(waiting, std::size(waiting), -1) < 0) continue;
    if (waiting[0].revents != 0) break;
    if (waiting[1].revents == 0) continue;
    if (const auto end = answer_call(server)) return *end;
  }
  if (control_) control_->remove();
  tell_service_manager("STOPPING=1");
  if (sockets_.shared()) server->say_farewell(kFarewellMillis);  // somebody will serve them again
  server->stop();
  return End::kStopped;
}

int Serving::run(bool take_over) {
  if (const auto inherited = inherit(take_over); !inherited) {
    return fail_with("the server that is running could not be replaced", inherited.error(),
                     "it goes on serving; fix the cause above and try again");
  }
  while (true) {
    if (!opened_) {
      auto opened = open();
      if (!opened)
        return fail_with("the data directory could not be opened", opened.error(),
                         next_after(opened.error()));
      opened_ = std::move(*opened);
    }
    if (opened_->superblock.format_epoch < barrier::kFormatEpoch) {
      log::warn("older_format",
                {{"epoch", static_cast<std::int64_t>(opened_->superblock.format_epoch)},
                 {"next", "strongroomd upgrade; docs/runbooks/upgrade.md"}});
    }
    auto server = RunningServer::start(config_, std::move(*opened_), false, &sockets_);
    opened_.reset();
    if (!server)
      return fail_with("the server could not start", server.error(),
                       next_after_start(server.error()));
    sockets_.close_unused();
    announce();
    print_addresses(config_, (*server)->facts());
    if (serve(std::move(*server)) != End::kSuccessorFailed) return 0;
  }
}

}  // namespace

int run_serve(const ServeOptions& options, const std::string& config_file, const Flags& flags) {
  const auto config = load_config(config_file, flags);
  if (!config)
    return fail_with("the configuration cannot be used", config.error(),
                     "strongroomd config explain");
  if (!hardened(*config)) return 1;
  if (config->health_listen && !config->metrics_token_sha256 &&
      config->metrics_client_ca_pem.empty()) {
    return fail_with("metrics need a token in production",
                     Error(ErrorKind::kInvalidInput, "NoMetricsToken",
                           "server.health_listen is set without a token"),
                     "set server.metrics_token_file or server.metrics_client_ca_file");
  }
  if (const auto secret = seal_of(*config); !secret)
    return fail_with("there is nothing to open the seal with", secret.error(), "set seal.file");
  const sigset_t signals = block_stop_signals();
  return Serving(*config, signals).run(options.take_over);
}

}  // namespace strongroom::server
