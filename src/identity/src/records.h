#pragma once
// The bodies of identity's records, to and from plain structs. Only this file knows their encoding
// (schema/identity.fbs). decode_… answers kCorrupt for a body that is not of its form, which an
// authenticated record can only be by a defect of ours. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/record.h"
#include "strongroom/base/result.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {

struct AccountRecord {
  Instant created;
  std::vector<std::string> access_key_ids;
  std::string name = {};
  Instant revoked_before = {};
};

struct UserRecord {
  AccountId account;
  User user;
  std::vector<std::string> access_key_ids;
};

struct AccessKeyRecord {
  AccountId account;
  std::string user_name;  // empty: root
  SecretBytes secret;
  bool active = true;
  Instant created;
};

/// The same as views, for encoding.
struct AccessKeyFields {
  AccountId account;
  std::string_view user_name;
  const SecretBytes& secret;
  bool active;
  Instant created;
};
inline AccessKeyFields fields_of(const AccessKeyRecord& record) {
  return {record.account, record.user_name, record.secret, record.active, record.created};
}

/// Receives an encoded body, whose bytes are wiped when it returns.
using BodySink = std::function<void(ByteView)>;

void encode(const AccountRecord& record, const BodySink& sink);
void encode(const UserRecord& record, const BodySink& sink);
void encode(const AccessKeyFields& fields, const BodySink& sink);
void encode_names(const std::vector<std::string>& names, const BodySink& sink);
void encode_policies(const std::vector<AttachedPolicy>& policies, const BodySink& sink);
void encode_use(Instant last_used, const BodySink& sink);

Result<AccountRecord> decode_account(const barrier::OpenedRecord& record);
Result<UserRecord> decode_user(const barrier::OpenedRecord& record);
Result<AccessKeyRecord> decode_access_key(const barrier::OpenedRecord& record);
Result<std::vector<std::string>> decode_names(const barrier::OpenedRecord& record);
Result<std::vector<AttachedPolicy>> decode_policies(const barrier::OpenedRecord& record);
Result<Instant> decode_use(const barrier::OpenedRecord& record);

}  // namespace strongroom::identity
