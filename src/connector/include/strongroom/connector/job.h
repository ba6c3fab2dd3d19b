#pragma once
// One step of a rotation as a value that can cross a process border, and what came of it.
//
// Credentials are in SecretBytes; everything else is not secret. Plain values, one owner.
// Frames: docs/formats/connector.md.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::connector {

/// What a target speaks. On the wire: never renumber.
enum class Kind : std::uint8_t {
  kRam = 1,               // users of this server's own RAM
  kMysql = 2,             // MySQL and MariaDB
  kPostgres = 3,          //
  kRedis = 4,             // ACL users
  kSsh = 5,               // accounts of a host: passwords and keys
  kCloudRds = 6,          // accounts of the cloud's RDS, through its OpenAPI
  kHttp = 7,              // a user's function behind an HTTP endpoint
  kExecutable = 8,        // a user's function as a program of this host
  kTest = 9,              // the simulated target of tests
  kFunctionCompute = 10,  // a user's function, called through the cloud's InvokeFunction
  kCloudRam = 11,         // AccessKeys of the cloud's RAM users, through its OpenAPI
  kCloudEcs = 12,         // users of the cloud's ECS hosts, through Cloud Assistant
};

/// What is to be done; connector.h says what each step promises. On the wire: never renumber.
enum class Step : std::uint8_t {
  kInspect = 1,   // look only: reach the target, check rights, rules, equal grants
  kProbe = 2,     // which of the credentials log in?
  kCreate = 3,    // only where the target makes the credential itself
  kSet = 4,       // make the target accept `pending`
  kTest = 5,      // log in with `pending` on a fresh connection and probe its rights
  kFinish = 6,    // tidy up after the labels have moved
  kRetire = 7,    // make the target refuse `previous`
  kRollBack = 8,  // make the target accept `current` again and forget `pending`
};

/// As docs and events spell them: "mysql", "set".
std::string_view to_text(Kind kind);
std::string_view to_text(Step step);
std::optional<Kind> parse_kind(std::string_view text);

/// A credential of the managed account. `public_part` is what of it is not secret: an AccessKeyId,
/// an OpenSSH public key line; empty for passwords.
struct Credential {
  std::string account;
  std::string public_part;
  SecretBytes secret;

  bool present() const { return !account.empty() || !secret.empty(); }
  /// A second copy, as locked as the first. kExhausted as SecretBytes::copy_of.
  Result<Credential> copy() const;
};

/// Where the target is and how it proves that it is the target.
struct Target {
  std::string name;       // as registered, for messages: "rm-orders"
  std::string address;    // "db.internal:3306", an URL, a path; by kind
  std::string tls;        // "required" (default when empty), "disabled" where the kind permits it
  std::string tls_name;   // the name the certificate must hold; empty: the address's host
  std::string tls_roots;  // PEM; empty: the system's
  std::string tls_pin;    // SHA-256 of the public key, hex; empty: not pinned
  std::string host_keys;  // SSH: known key lines, one a line
};

/// The option that tells when the run began, as format_utc.
inline constexpr std::string_view kRunStarted = "RunStarted";
/// The option of a kSet whose account is the server's to make ("yes"): nobody else may have it.
inline constexpr std::string_view kNewAccount = "NewAccount";

/// The option of a kSet: an attempt of the same run was not heard of again ("yes"). What looks made
/// by it may be; without the option it is somebody else's.
inline constexpr std::string_view kMayBeMade = "MayBeMade";
/// The option of a kRetire that undoes a rotation ("yes"): job.current is the old credential again,
/// and has to work if job.previous, the new one, is to go. Rejected if it does not.
inline constexpr std::string_view kBringsBack = "BringsBack";
/// The option of a job that may change nothing unless the accounts that were brought in log in.
inline constexpr std::string_view kProve = "Prove";

using Options = std::vector<std::pair<std::string, std::string>>;

/// Everything a connector may know. Nothing in it outlives the call.
struct Job {
  std::string id;                   // of the rotation: the VersionId it makes
  std::uint64_t epoch = 0;          // fencing: grows whenever another runner takes over
  std::uint32_t attempt = 1;        // of this step
  Step step = Step::kInspect;       //
  Kind kind = Kind::kTest;          //
  std::string secret_arn;           // the managed secret, for functions and messages
  std::string secret_type;          // "Rds"
  bool dual = false;                // two accounts that take turns
  Target target;                    //
  Credential admin;                 // the account that changes others; absent where there is none
  Credential current;               // behind ACSCurrent
  Credential pending;               // the intent's new credential
  Credential previous;              // behind ACSPrevious
  Credential privileged;            // functions: the value of the secret that they work with
  std::string owner_role;           // dual accounts on PostgreSQL: the role that owns the objects
  std::int64_t budget_ms = 30'000;  // from receipt; a connector gives up before it is spent
  Options options;                  // by kind, not secret: "database", "privilege"

  /// Empty if it is not given.
  std::string_view option(std::string_view name) const;
};

/// What became of a step. On the wire: never renumber.
enum class Status : std::uint8_t {
  kDone = 1,           // the step's promise holds now
  kAlreadyDone = 2,    // it held before
  kUnreachable = 3,    // nothing was changed: try the same again later
  kAmbiguous = 4,      // it may or may not hold: probe, then the same again
  kRejected = 5,       // the target refuses this credential: a new one may be accepted
  kConfiguration = 6,  // cannot work until a person changes something (admin rights, address, pin)
};
std::string_view to_text(Status status);

enum class Login : std::uint8_t { kUnknown = 0, kAccepted = 1, kRefused = 2 };

/// What was seen on the way, for the audit, events and `--dry-run`.
struct Facts {
  Login current = Login::kUnknown;
  Login pending = Login::kUnknown;
  Login previous = Login::kUnknown;
  std::optional<bool> grants_equal;  // of both accounts of a pair, after the step
  std::optional<bool> admin_may;     // the admin credential has every right it needs
  std::int64_t latency_ms = 0;       // of the whole step
  std::int64_t gap_ms = -1;          // how long neither old nor new logged in; -1: not measured
  std::string server;                // what the target says it is: "MariaDB 10.11.6"
  std::vector<std::string> notes;    // one finding a line: "twin app_clone does not exist yet"
};

struct Outcome {
  Status status = Status::kDone;
  std::string code;     // stable, machine-readable: "AccountMissing"; empty on success
  std::string message;  // for a person, through scrub()
  Facts facts;
  Credential produced;  // of kCreate and kSet, when the target made the credential

  bool succeeded() const { return status == Status::kDone || status == Status::kAlreadyDone; }
};

/// The same step without its answer: what a runner reports when the connector is gone.
Outcome make_outcome(Status status, std::string code, std::string message);

/// `text` fit for an outcome, a log and an event: printable, at most
/// limits::kConnectorMessageBytesMax, and without any secret of `job`, neither as it is nor in
/// hexadecimal, Base64 or percent encoding. Text of a target goes through here, always.
std::string scrub(std::string_view text, const Job& job);

/// The whole as one frame. kInvalidInput if a part is longer than the format allows.
Result<SecretBytes> encode(const Job& job);
Result<SecretBytes> encode(const Outcome& outcome);
/// kInvalidInput "ConnectorFrame" for bytes that are not exactly one well-formed frame; `frame` is
/// the caller's to wipe.
Result<Job> decode_job(std::span<const std::uint8_t> frame);
Result<Outcome> decode_outcome(std::span<const std::uint8_t> frame);

}  // namespace strongroom::connector
