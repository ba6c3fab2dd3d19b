#pragma once
// How a library says that something did not work.
//
// A Result<T> is either a T or an Error and must be looked at. Exceptions do not cross library
// borders; whoever calls a third-party library that throws catches there. Errors are values: cheap
// to make on paths that fail often (a denied read), and never hold a secret, because Error is made
// from literals and ids only.

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace strongroom {

/// What a caller can do about it, not where it happened. Gateways map kinds to the wire's codes and
/// statuses.
enum class ErrorKind : std::uint8_t {
  kInvalidInput,     // the request is wrong; repeating it cannot help
  kUnauthenticated,  // who signed this is not established
  kDenied,    // established, not permitted; also the answer for what the caller may not know exists
  kNotFound,  // permitted, absent
  kConflict,  // the state forbids it now (exists, pending deletion, precondition failed)
  kExhausted,       // a limit or quota of the caller
  kUnavailable,     // sealed, starting, no leader, disk full: retry later
  kNotCached,       // the I/O thread must not touch storage: run the same call again on a worker
  kOutcomeUnknown,  // a commit may or may not have happened: read to learn
  kCorrupt,         // stored bytes failed authentication; never retried, always alarmed
  kInternal,        // a defect of ours
};

class [[nodiscard]] Error {
 public:
  /// `code` is the API's own code where one exists ("Rejected.ResourceExist"), else a stable name
  /// of ours. `message` tells the person what to do next. Neither may contain caller-supplied
  /// secrets.
  Error(ErrorKind kind, std::string code, std::string message)
      : kind_(kind), code_(std::move(code)), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  ErrorKind kind_;
  std::string code_;
  std::string message_;
};

template <class T>
using Result = std::expected<T, Error>;

/// A defect of ours that a caller could do nothing about; `where` names the broken expectation.
inline std::unexpected<Error> internal_error(std::string where) {
  return std::unexpected(Error(ErrorKind::kInternal, "InternalFailure", std::move(where)));
}

/// Shorthand for `return fail(kind, code, message)` in functions that return a Result.
inline std::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message) {
  return std::unexpected(Error(kind, std::move(code), std::move(message)));
}

#define SR_CONCAT_INNER(a, b) a##b
#define SR_CONCAT(a, b) SR_CONCAT_INNER(a, b)

/// SR_TRY(auto row, read(key)): declares `row` from the value, or returns the error to the caller.
#define SR_TRY(declaration, expression) \
  SR_TRY_INNER(SR_CONCAT(sr_result_, __LINE__), declaration, expression)
#define SR_TRY_INNER(result, declaration, expression)             \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)

/// SR_CHECK_OK(check(x)): returns the error of a Result<void> to the caller, if there is one.
#define SR_CHECK_OK(expression)                              \
  do {                                                       \
    if (auto sr_outcome = (expression); !sr_outcome)         \
      return std::unexpected(std::move(sr_outcome).error()); \
  } while (false)

}  // namespace strongroom
