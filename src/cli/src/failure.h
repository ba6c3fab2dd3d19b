#pragma once
// Four lines for everything that went wrong, and the exit code that goes with it.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/cli/command_line.h"
#include "strongroom/client/client.h"

namespace strongroom::cli {

struct Failure {
  std::string what;  // "cannot read secret \"db/pass\""
  std::string why;   // code, message, request id
  std::string next;  // a command or an action
  std::string docs;  // an anchor of docs/errors.md
};

ExitCode exit_code(ErrorKind kind);

/// The failure of a call that the server refused; `what` is the line that says what was tried.
Failure explain(std::string what, const client::ApiError& error);
/// The failure of something that did not reach a server.
Failure explain(std::string what, const Error& error);

/// The four lines, on standard error.
void show(const Failure& failure);

/// "docs/errors.md#forbiddenresourcenotfound"
std::string docs_anchor(std::string_view code);

}  // namespace strongroom::cli
