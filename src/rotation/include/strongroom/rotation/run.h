#pragma once
// Where the rotation of one managed secret stands: the durable intent. The new credential itself is
// the secret's version with ACSPending, sealed like every version; nothing here is secret.
// Plain values, one owner. docs/formats/rotation.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::rotation {

/// What happens next. On disk: never renumber.
enum class Phase : std::uint8_t {
  kIdle = 0,           // nothing is running
  kBegin = 1,          // due, the new credential is not stored yet
  kSet = 2,            // the target is told
  kTest = 3,           // a fresh connection with the new credential
  kFinish = 4,         // the labels have moved; what is left at the target
  kRetire = 5,         // the overlap runs, or is over and the old credential is removed
  kRollBack = 6,       // the old credential is made to work again
  kProvision = 7,      // first set of an account that the server itself makes …
  kProvisionTwin = 8,  // … and of its twin
  kCreate = 9,         // a function makes the new value
};
/// "set"
std::string_view to_text(Phase phase);
/// True while the pending credential may still be dropped or go on.
bool before_promotion(Phase phase);

/// How the last run ended. On disk: never renumber.
enum class Ended : std::uint8_t { kNever = 0, kSucceeded = 1, kFailed = 2, kCancelled = 3 };
std::string_view to_text(Ended ended);

/// What a run is for. On disk: never renumber.
enum class Purpose : std::uint8_t {
  kRotate = 0,
  kResync = 1,  // the target is made to accept what is stored
  kAdopt = 2,   // a credential that the target accepts already becomes ACSCurrent
};

struct Run {
  AccountId account;
  std::string name;  // of the secret
  std::string id;    // VersionId of the version it makes
  Phase phase = Phase::kIdle;
  bool automatic = false;     // scheduled, not asked for
  std::uint32_t attempt = 0;  // of this phase, counted when it is claimed
  std::uint32_t rounds = 0;   // how often set had to begin anew
  bool touched = false;       // the target may accept the pending credential
  bool cancelled = false;     // a person wants it undone
  bool reported = false;      // its failure was told; it goes on slowly
  bool promoted = false;      // the labels have moved
  bool leased = false;        // a runner is at it …
  std::uint64_t epoch = 0;    // … with this number, which only ever grows
  Instant lease_until;        // … and until then
  Instant next_at;            // not before
  Instant started;
  Instant ended;
  std::int64_t overlap_ms = 0;  // how long the old credential stays valid, where that is a choice
  Ended result = Ended::kNever;
  std::string code;          // machine-readable reason of the newest outcome, empty if it was good
  std::string message;       // for a person
  std::int64_t gap_ms = -1;  // for how long at most ACSCurrent did not log in
  std::vector<std::string> accounts;  // of the target that the secret has for itself
  Purpose purpose = Purpose::kRotate;
  Instant exposed;         // since then the target may refuse ACSCurrent, if it is of one account
  std::string started_by;  // ARN of who asked for it; empty: the schedule, or an older release
  // Not of the run but of the secret: kept from one run to the next.
  std::vector<std::string> findings;  // what else of it was changed by hand; for people
  bool drifted = false;               // the target was seen to refuse ACSCurrent
  bool unproven = false;  // who made the secret has not shown yet that its accounts are his
  bool has_twin = false;  // an account of the target that the server itself made takes turns
  std::string window;     // when scheduled runs may begin (window.h); empty: any time

  bool running() const { return phase != Phase::kIdle; }
  bool operator==(const Run&) const = default;
};

std::string encode(const Run& run);
/// kCorrupt if the body has not the form of schema/rotation.fbs.
Result<Run> decode_run(ByteView body);

}  // namespace strongroom::rotation
