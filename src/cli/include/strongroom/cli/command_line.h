#pragma once
// The whole command line as one function.

namespace strongroom::cli {

/// What scripts may rely on.
enum ExitCode : int {
  kOk = 0,
  kError = 1,
  kUsage = 2,
  kDenied = 3,  // not established who you are, or not permitted
  kNotFound = 4,
  kConflict = 5,
  kUnavailable = 6,   // retry later
  kVerification = 7,  // something signed or hashed does not verify
};

/// Parses, acts, prints. Ignores SIGPIPE for the whole process. Returns an ExitCode.
int run(int argc, char** argv);

}  // namespace strongroom::cli
