#pragma once
// The operation table and the pipeline every call goes through: resource, permission, work, commit,
// audit facts.
//
// To add an action: a row in the table of its file (src/ops_<area>.cc), a handler beside it, a
// test. A handler never checks the right on its own resource (the pipeline has, from the row),
// never commits (the pipeline does, with the audit row in the same transaction) and may run again
// from the start when a commit conflicts, so it keeps no state. Service is thread-safe; a Call
// belongs to one thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/access/access.h"
#include "strongroom/access/request_conditions.h"
#include "strongroom/access/resource_policies.h"
#include "strongroom/audit/log.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/principal.h"
#include "strongroom/secrets/view.h"
#include "strongroom/service/answer_writer.h"
#include "strongroom/service/parameters.h"

namespace strongroom::identity {
class Directory;
class Sessions;
}  // namespace strongroom::identity
namespace strongroom::aap {
class AccessPoints;
}
namespace strongroom::connector {
class Runner;
}
namespace strongroom::instances {
class Instances;
}
namespace strongroom::keys {
class Keys;
}
namespace strongroom::oidc {
class Issuers;
}
namespace strongroom::rotation {
class Rotations;
}
namespace strongroom::secrets {
class Secrets;
}
namespace strongroom::targets {
class Targets;
}
namespace strongroom::trail {
class CallLog;
}

namespace strongroom::service {

class Call;
class Caretaker;
class RotationDriver;
struct Request;

/// What is known at the end for the audit record: names and ids only.
struct AuditFacts {
  std::string resource;
  std::string version_id;
  std::string key_id;
  std::string_view key_spec;           // a name from a table
  std::string_view decision = "none";  // allow, explicit-deny, implicit-deny, none
  std::string policy;
};

/// The same of one entry of a batch, or of one of several resources of a call, which becomes a
/// record of its own.
struct EntryFacts {
  std::string request_id;  // upper-case UUID; the entry's own in the answer. Empty: the call's
  AuditFacts facts;
  std::optional<Error> error;
};

/// What the call does to the world, which decides where it runs and how it is recorded.
enum class Effect : std::uint8_t {
  kRead,       // runs on the I/O thread if all it needs is cached
  kValueRead,  // the same, and its answer holds plaintext: no audit record, no answer
  kMutation,   // runs on a worker in a Transaction; its audit record is a row of its commit
  kSlowRead,   // scans or slow cryptography: always on a worker, reads only
};

/// Which ARN the right is checked on, and which parameter names it.
enum class ResourceKind : std::uint8_t {
  kNone,             // not authorised beyond a valid signature (DescribeRegions)
  kAll,              // acs:<service>:<region>:<account>:*
  kSecret,           // …:secret/<name>; the parameter holds a name or an ARN
  kSecretContainer,  // …:secret and …:secret/*
  kKey,  // …:key/<id>; the parameter holds an id or an ARN (alias/… is answered by the handler)
  kKeyOrAlias,      // the same, or alias/<name> for the key behind it, which is judged
  kKeyContainer,    // …:key and …:key/*
  kAliasContainer,  // …:alias and …:alias/*
  kInstance,        // …:keystore/<id>; the parameter holds an id or an ARN
  kNetworkRule,     // …:network/<name>, a bare name as the next two
  kAccessPolicy,    // …:policy/<name>
  kAccessPoint,     // …:applicationaccesspoint/<name>
  kRamUser,         // acs:ram:*:<account>:user/<name>; an absent parameter means the caller
  kByHandler,       // the handler calls Call::authorize for each resource (tags, batches, Decrypt)
};

struct ApiVersion {
  std::string_view product;  // "Kms": Recommend link, audit service
  std::string_view prefix;   // "kms": action prefix in policies
  std::string_view version;  // "2016-01-20"
};
inline constexpr ApiVersion kKms{"Kms", "kms", "2016-01-20"};
inline constexpr ApiVersion kRam{"Ram", "ram", "2015-05-01"};
inline constexpr ApiVersion kIms{"Ims", "ram", "2019-08-15"};
inline constexpr ApiVersion kSts{"Sts", "sts", "2015-04-01"};
inline constexpr ApiVersion kLocation{"Location", "location", "2015-06-12"};
inline constexpr ApiVersion kActionTrail{"Actiontrail", "actiontrail", "2020-07-06"};
inline constexpr ApiVersion kCms{"Cms", "cms", "2019-01-01"};
inline constexpr ApiVersion kSls{"Sls", "log", "2020-12-30"};
inline constexpr ApiVersion kBss{"BssOpenApi", "bssapi", "2017-12-14"};

/// Our own: questions about policies. No cloud has them.
inline constexpr ApiVersion kStrongroom{"Strongroom", "strongroom", "2026-11-01"};

using Handler = Result<void> (*)(Call& call);

struct Operation {
  ApiVersion api;
  std::string_view name;
  Effect effect;
  ResourceKind resource = ResourceKind::kNone;
  std::string_view resource_parameter = "";  // "SecretName"
  Handler handler = nullptr;
  bool dry_run = false;    // the action knows DryRun=true (openapi.md §1.6)
  bool anonymous = false;  // may come unsigned: its own token is the proof (AssumeRoleWithOIDC)
  bool brief =
      false;  // a mutation of a few records, without slow cryptography: many share a worker
  /// "VersionId SecretData": what the action cannot be done without. 400 MissingParameter comes
  /// before the right is judged, as at the cloud's gateway, so a handler can count on them.
  std::string_view required = "";
};

/// What the libraries below offer; wired by `server`. All outlive the service.
struct Engines {
  barrier::SealedStore& store;
  identity::Directory& directory;
  keys::Keys& keys;
  instances::Instances& instances;
  secrets::Secrets& secrets;
  aap::AccessPoints& access_points;
  Clock& clock;
  Random& random;
  std::string region;                            // "cn-hangzhou"
  const identity::Sessions* sessions = nullptr;  // null: no sessions are issued
  oidc::Issuers* issuers = nullptr;              // null: no OIDC token can be checked
  const SecretBytes* diagnostic_key =
      nullptr;                          // access::kDiagnosticLabel; null leaves the message out
  AccountId operator_account = {};      // whose root may make accounts; zero: nobody
  targets::Targets* targets = nullptr;  // null: no rotation targets are kept
  connector::Runner* target_runner = nullptr;  // null: none can be reached
  rotation::Rotations* rotations = nullptr;    // null: no managed secrets
  RotationDriver* driver = nullptr;            // null: nothing is rotated here
  const trail::CallLog* call_log = nullptr;    // null: LookupEvents finds nothing
  Caretaker* caretaker = nullptr;              // null: nothing is known of backups and keyring
  /// Writes what the program knows of itself, for GetStatus, into an object that is open; on any
  /// thread. Empty: nothing.
  std::function<void(AnswerWriter& out, Instant now)> write_server_status = {};
  /// The calls at an instance's endpoint in the last whole second. Empty: they are not counted.
  std::function<std::uint32_t(std::string_view instance, Instant now)> calls_at_instance = {};
};

/// A secret or key that a parameter named: whose it is and its bare name or id.
struct Named {
  AccountId owner;
  std::string_view name;  // empty: nothing of this server's
};

/// One call in progress: what a handler may see and touch.
class Call {
 public:
  const Operation& operation;
  const identity::Principal& principal;
  const Parameters& parameters;
  barrier::Reader& reader;            // the transaction itself in mutations
  barrier::Transaction* transaction;  // mutations only, else null
  AnswerWriter& answer;
  Engines& engines;
  const Instant now;
  const std::string_view host;  // as the client called us (Location answers it back)

  /// "shared", or the id of the KMS instance whose endpoint was asked.
  std::string_view gateway() const { return facts_.gateway; }
  AccountId account() const { return principal.account; }
  const std::string& region() const { return engines.region; }

  /// Decides `action` ("kms:Decrypt") on `arn` for this call's principal; 403
  /// Forbidden.NoPermission (or NoPermission outside KMS) with evidence kept for AccessDeniedDetail
  /// and audit. If `arn` names a secret or key its head is read (never a value), so reader errors,
  /// kNotCached among them, pass through; an absent one is judged as an untagged one with the
  /// default policy.
  Result<void> authorize(std::string_view action, std::string_view arn);
  /// The same for a resource with several spellings, owned by `owner`.
  Result<void> decide(std::string_view action, std::span<const std::string_view> arns,
                      AccountId owner);

  /// Whether the principal has a right that the call does not depend on: nothing is refused or
  /// recorded. Not for ARNs of secrets and keys, whose heads it does not read.
  bool may(std::string_view action, std::string_view arn) const;

  /// Name of a secret or id of a key from a name, id or ARN. An ARN of another region or account is
  /// answered like an absent resource (404), after the permission check of its own spelling.
  std::string_view resource_name() const {
    return owner_ == account() ? resource_name_ : std::string_view();
  }
  /// The same for handlers that serve resources of other accounts: whoever reads by name must read
  /// in `owner`.
  Named target() const { return {owner_, resource_name_}; }
  /// The head of the secret that was judged last, if it is this one: so that it is looked up once.
  const secrets::SecretView* judged_secret(const Named& secret) const;

  /// What condition keys of the request are made of, for handlers that ask a policy of their own.
  const access::CallFacts& facts() const { return facts_; }

  /// Facts for the audit record; ids and names only, never a value.
  void note_version(std::string_view version_id) { audit_version_ = version_id; }
  void note_key(std::string_view key_id) { audit_key_ = key_id; }
  void note_resource(std::string_view arn) { audit_resource_ = arn; }
  std::string_view noted_resource() const { return audit_resource_; }
  /// `spec` lives for ever: a name from a table.
  void note_key_spec(std::string_view spec) { audit_key_spec_ = spec; }
  /// Ends the work on one entry of a batch: what was noted and decided since the last one becomes a
  /// record of its own, so that each value handed out is found by its secret. `error`: what the
  /// entry was refused with, or null.
  void end_entry(std::string request_id, const Error* error);
  /// Ends the work on one of several resources that the call serves all or none of. The first one
  /// stands in the call's own record, each further one in a record beside it. If the call fails
  /// there is its own record alone, of the resource that it failed on. A key or version noted after
  /// the last one is the first one's.
  void end_resource() { end_entry({}, nullptr); }

  /// Of `request`, which outlives it. `resource_policies` compiles and keeps.
  struct Parts {
    barrier::Reader& reader;
    barrier::Transaction* transaction;
    AnswerWriter& answer;
    Engines& engines;
    access::ResourcePolicies& resource_policies;
  };
  Call(const Request& request, const Parts& parts);

 private:
  friend class Service;
  void finish(struct Outcome& outcome);
  void take_facts(AuditFacts& facts);
  Result<void> refused(std::string_view action, std::string_view arn);

  const access::CallFacts facts_;
  access::ResourcePolicies& resource_policies_;
  AccountId owner_;
  std::string resolved_key_;  // what an alias stood for
  std::string_view resource_name_;
  std::optional<secrets::SecretView> judged_secret_;
  std::string audit_resource_;
  std::string audit_version_;
  std::string audit_key_;
  std::string_view audit_key_spec_;
  access::Verdict verdict_;
  access::Verdict told_;  // what the caller hears of a denial; see judge.cc
  std::shared_ptr<const policy::PolicySet> resource_policy_;  // keeps verdict_ valid
  bool decided_ = false;
  std::string denied_action_;
  std::vector<EntryFacts> entries_;
};

}  // namespace strongroom::service
