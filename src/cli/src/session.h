#pragma once
// What every command shares: configuration, format, the signed call, failures.

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "configuration.h"
#include "failure.h"
#include "output.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/client/client.h"

namespace strongroom::cli {

struct GlobalOptions {
  Flags flags;
  Format format = Format::kTable;
  bool yes = false;      // --yes
  std::string show_api;  // "", "http", "python", "go", "java", "node", "all"
};

class Session {
 public:
  explicit Session(GlobalOptions options) : options_(std::move(options)) {}

  const GlobalOptions& options() const { return options_; }
  Format format() const { return options_.format; }
  int exit_code() const { return exit_code_; }
  const std::string& region() const { return configuration_.region.value; }

  /// Loads the configuration; false after a failure that has been shown.
  bool configure(bool need_credentials = true);
  const Configuration& configuration() const { return configuration_; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }

  /// Makes the call. Nothing if it was refused or failed (shown, exit code set), or if --show-api
  /// asked only to see it (printed, exit code 0): the command returns exit_code() then.
  /// `what` completes "cannot ...".
  std::optional<client::Answer> call(const std::string& what, const client::ApiCall& call);

  /// Which items of a list are meant.
  using Wanted = std::function<bool(const client::Value& item)>;

  /// A list action, page after page, as one answer: one page, with the items of all pages that are
  /// wanted (null: all) in the list at `path` ({"Keys", "Key"}). Nothing as call().
  std::optional<client::Answer> call_all(const std::string& what, client::ApiCall call,
                                         std::span<const std::string_view> path,
                                         const Wanted& wanted = nullptr);
  std::optional<client::Answer> call_all(const std::string& what, client::ApiCall call,
                                         std::initializer_list<std::string_view> path,
                                         const Wanted& wanted = nullptr) {
    return call_all(what, std::move(call), std::span(path), wanted);
  }

  /// The same as call() without showing: for `doctor`, which makes lines of its own.
  Result<client::Answer> try_call(const client::ApiCall& call);
  Result<const dial::Connection*> connect();

  /// Shows a failure and returns its exit code.
  int failed(const Failure& failure, ExitCode code);
  int failed(const std::string& what, const Error& error);
  /// A usage error: what is wrong, what to do.
  int misused(const std::string& what, const std::string& why, const std::string& next);

  /// Prints an answer that holds no secret in the wanted format; a table is the caller's.
  int print_answer(const client::Answer& answer, const std::string& table, const std::string& raw);
  /// Prints text that may hold a value and wipes it. kOk, or kError if standard output is closed.
  static int print_wiped(std::string text);

 private:
  client::Client& client();
  bool show_call(const client::ApiCall& call);

  GlobalOptions options_;
  Configuration configuration_;
  SystemClock clock_;
  SystemRandom random_;
  std::optional<client::Client> client_;
  int exit_code_ = kOk;
};

}  // namespace strongroom::cli
