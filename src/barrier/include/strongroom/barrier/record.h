#pragma once
// What a stored row is called and what an opened one looks like. Values; thread-safe once built.
//
// Row keys hide names: HMAC16(K_index, account ‖ kind ‖ name) ‖ type ‖ version, so that a
// resource's rows are neighbours. The numbers below are on disk (docs/formats/record.md): never
// reuse or renumber one.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/ids.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/store/store.h"

namespace strongroom::barrier {

/// The high four bits are the resource kind: rows of one kind, account and name share their blinded
/// prefix.
enum class RecordType : std::uint8_t {
  kAccount = 0x10,
  kAccountUsers = 0x11,  // the names of the account's users, sorted (name ""), for ListUsers
  kAccountNames = 0x12,  // other sorted lists of names: groups, roles, policies … (the list's name)
  kAccountSettings = 0x13,  // alias, password policy, preferences (name "")
  kAccountAlias = 0x14,     // addressed without account: whose alias it is
  kAccountRules = 0x15,     // what the account's policies must always keep (name "")
  kUser = 0x20,
  kUserPolicies = 0x21,  // attachments of a user
  kGroup = 0x22,
  kGroupPolicies = 0x23,
  kGroupMembers = 0x24,
  kRole = 0x25,
  kRolePolicies = 0x26,
  kPolicy = 0x27,          // a custom policy with all its versions
  kPolicyEntities = 0x28,  // what a policy is attached to (name "System:…" or "Custom:…")
  kUserGroups = 0x29,      // the groups of a user
  kLoginProfile = 0x2a,    // console password and the time steps of used codes
  kMfaDevice = 0x2b,       // a virtual MFA device
  kOidcProvider = 0x2c,
  kAccessKey = 0x30,  // addressed without account: the id is looked up before the account is known
  kAccessKeyUse =
      0x31,     // last-used facts, written in batches; changes nothing that a decision rests on
  kKey = 0x40,  // head of a key
  kKeyMaterial = 0x41,  // one row per key version
  kDefaultKey = 0x42,   // which key is the account's default (name "")
  kAlias = 0x43,        // a key's other name (name "alias/…")
  kSecret = 0x50,       // head: metadata, labels, each version's commitment
  kSecretVersion =
      0x51,  // immutable; sealed by `secrets` under the version's own data key, no outer layer
  kRotation = 0x52,         // where a managed secret's rotation stands; no secret material
  kRotationTarget = 0x53,   // which secret has an account of a target (name "target/…")
  kAccountCounters = 0x60,  // quota counters
  kTarget = 0x62,           // a rotation target, by id, with its admin credential
  kSystem =
      0x70,  // single records of the server (audit signing key, TLS key, settings); name says which
  kInstance = 0x80,         // a KMS instance, by id
  kInstanceCa = 0x81,       // its certificate authority with the private key
  kNetworkRule = 0x90,      // of access points, by name
  kAccessPolicy = 0xa0,     // permission policy of access points, by name
  kAccessPoint = 0xb0,      // by name, with the ids of its client keys
  kClientKey = 0xc0,        // addressed without account, like kAccessKey
  kRoleAccessPoint = 0xd0,  // which access points bound a RAM role, by role name
};

/// Ordered by time, unblinded: table ‖ u64 time ‖ random.
enum class TimeTable : std::uint8_t { kDue = 1, kOutbox = 2, kEvent = 3, kAuditPending = 4 };

struct Address {
  RecordType type;
  AccountId account;      // zero for global records (access keys, system)
  std::string_view name;  // the resource's name, never longer than a request may carry
  std::uint32_t version = 0;
};

/// A row whose seal was checked and removed. Bodies are FlatBuffers of the library that owns the
/// type; they sit in locked memory and are wiped with the last reference. Immutable, so shared
/// between threads freely.
class OpenedRecord {
 public:
  /// The body is the first `size` bytes of `padded`.
  OpenedRecord(SecretBytes padded, std::size_t size, Uuid resource, std::uint64_t rev,
               store::Revision modified);

  /// Valid while this object lives. Move secret fields into SecretBytes at once; never log any of
  /// it.
  ByteView body() const;
  Uuid resource() const {
    return resource_;
  }  // bound in the AAD: delete + recreate gives another one
  std::uint64_t rev() const { return rev_; }  // the record's own counter, from 1
  store::Revision modified() const { return modified_; }

  /// The body, once `has_form(ByteView) -> bool` of the owning library has agreed to it; kCorrupt
  /// if it does not. Asked only until it agreed the first time, so that later reads only view it.
  /// `form` names the schema in the message.
  template <class HasForm>
  Result<ByteView> checked_body(HasForm has_form, std::string_view form) const {
    const ByteView bytes = body();
    if (form_checked_.load(std::memory_order_acquire)) return bytes;
    if (!has_form(bytes)) return malformed(form);
    form_checked_.store(true, std::memory_order_release);
    return bytes;
  }

 private:
  static std::unexpected<Error> malformed(std::string_view form);

  SecretBytes padded_;
  std::size_t size_;
  Uuid resource_;
  std::uint64_t rev_;
  store::Revision modified_;
  mutable std::atomic<bool> form_checked_{false};
};
using RecordRef = std::shared_ptr<const OpenedRecord>;

/// A row that its owner sealed itself (kSecretVersion), as stored.
struct RawRow {
  std::string bytes;
  store::Revision modified;
};
using RawRef = std::shared_ptr<const RawRow>;

}  // namespace strongroom::barrier
