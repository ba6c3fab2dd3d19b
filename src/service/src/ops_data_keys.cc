// Managed data keys (openapi.md §13, §17): data keys that the service keeps for its callers. Each
// version is a secret of the service's own, kms-datakeyversion!<data key>!<version>, whose value is
// the key in Base64; what is true of secrets (their key, its state, deletion) is true of it.

#include <algorithm>
#include <array>
#include <utility>

#include "instance_rules.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "still_reading.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/random_text.h"
#include "strongroom/keys/cryptography.h"
#include "strongroom/secrets/transition.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::string_view kNamePrefix = "kms-datakeyversion!";
constexpr std::size_t kVersionIdBytes = 8;
constexpr std::size_t kNameBytesMax =
    limits::kSecretNameCharsMax - kNamePrefix.size() - 1 - kVersionIdBytes;
constexpr std::string_view kOwner = "kms";

struct DataKey {
  std::string_view name;
  std::string stem;  // kms-datakeyversion!<name>!
};

/// DataKeyName, and `action` judged on the data key as a whole, so that who may not read it does
/// not learn whether it is there.
Result<DataKey> judged_data_key(Call& call, std::string_view action) {
  SR_TRY(const std::string_view name, call.parameters.required("DataKeyName"));
  if (name.size() > kNameBytesMax || !secrets::check_name(name)) {
    return invalid_parameter(
        "DataKeyName", "A name has 1 to " + std::to_string(kNameBytesMax) +
                           " letters, digits and _ / + = . - @, and does not start with acs/.");
  }
  DataKey key{name, std::string(kNamePrefix).append(name).append("!")};
  SR_CHECK_OK(call.authorize(action, call.engines.secrets.arn(call.account(), key.stem + "*")));
  return key;
}

struct Version {
  std::string secret;
  Instant created;
  std::string encryption_key_id;
  std::string instance_id;

  std::string_view id() const {
    return std::string_view(secret).substr(secret.size() - kVersionIdBytes);
  }
};

struct Versions {
  std::vector<Version> live;  // oldest first; none that waits for deletion
  std::size_t count = 0;      // of all
};

/// What is there of a data key. Not for I/O threads.
Result<Versions> versions_of(const Call& call, const DataKey& key) {
  const NameIndex& index = call.engines.secrets.index();
  if (!index.ready()) return still_reading("its secrets");
  Versions found;
  for (std::string& name : index.following(call.account(), key.stem, limits::kVersionsPerKeyMax)) {
    if (!name.starts_with(key.stem)) break;
    const auto view = call.engines.secrets.view(call.reader, call.account(), name);
    if (!view && view.error().kind() == ErrorKind::kNotFound) continue;
    if (!view) return std::unexpected(view.error());
    ++found.count;
    if (view->planned_delete() != Instant{}) continue;
    found.live.push_back({.secret = std::move(name),
                          .created = view->created(),
                          .encryption_key_id = std::string(view->encryption_key_id()),
                          .instance_id = std::string(view->instance_id())});
  }
  std::ranges::sort(found.live, {}, [](const Version& version) {
    return std::pair(version.created, std::string_view(version.secret));
  });
  return found;
}

std::unexpected<Error> no_such_data_key() {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: there is no managed data key, or no version of it, with this "
              "name. List its versions with ListManagedDataKeyVersions.");
}

/// The secret of the version that the call means: DataKeyVersionId, or the first one, or with
/// UseLatest the newest.
Result<std::string> wanted_secret(const Call& call, const DataKey& key) {
  SR_TRY(const bool latest, call.parameters.boolean("UseLatest", false));
  const std::string_view id = call.parameters.text("DataKeyVersionId");
  if (!id.empty()) {
    if (id.size() != kVersionIdBytes) return no_such_data_key();
    return key.stem + std::string(id);
  }
  SR_TRY(Versions versions, versions_of(call, key));
  if (versions.live.empty()) return no_such_data_key();
  return std::move((latest ? versions.live.back() : versions.live.front()).secret);
}

void write_version(AnswerWriter& answer, std::string_view secret) {
  answer.field("DataKeyVersionId", secret.substr(secret.size() - kVersionIdBytes));
  answer.field("DataKeyVersionName", secret);
}

Result<void> get_managed_data_key(Call& call) {
  SR_TRY(const DataKey key, judged_data_key(call, "kms:GetManagedDataKey"));
  SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  SR_TRY(const std::string secret, wanted_secret(call, key));
  // Once more on the version itself, which may have tags and a policy.
  const std::string arn = call.engines.secrets.arn(call.account(), secret);
  SR_CHECK_OK(call.authorize("kms:GetManagedDataKey", arn));
  call.note_resource(arn);  // whoever asks the log who read this version finds the call
  const auto plaintext = value_of_secret(call, {call.account(), secret});
  if (!plaintext) {
    const bool absent = plaintext.error().code() == "Forbidden.ResourceNotFound";
    return absent ? no_such_data_key() : std::unexpected(plaintext.error());
  }
  call.answer.field("DataKeyName", key.name);
  write_version(call.answer, secret);
  call.answer.secret("Plaintext", *plaintext);
  return {};
}

Result<void> list_managed_data_key_versions(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const DataKey key, judged_data_key(call, "kms:ListManagedDataKeyVersions"));
  SR_TRY(const Versions versions, versions_of(call, key));
  if (versions.live.empty()) return no_such_data_key();
  const auto first = static_cast<std::size_t>(page.offset());
  const std::size_t last =
      std::min(versions.live.size(), first + static_cast<std::size_t>(page.size));
  call.answer.field("DataKeyName", key.name);
  call.answer.begin_list("ManagedDataKeyVersions", "ManagedDataKeyVersion");
  for (std::size_t i = first; i < last; ++i) {
    call.answer.begin_item();
    write_version(call.answer, versions.live[i].secret);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(versions.live.size()));
  return {};
}

std::string new_version_id(Random& random) {
  std::array<std::uint8_t, kVersionIdBytes> id{};
  fill_from_alphabet(random, kAlphanumeric, id);
  return std::string(as_chars(id));
}

/// The first version makes the data key; the next ones are under the key of the last, unless
/// another is named.
Result<void> create_managed_data_key_version(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::int64_t bytes,
         p.integer("NumberOfBytes", 32, 1, static_cast<std::int64_t>(limits::kDataKeyBytesMax)));
  SR_TRY(const DataKey data_key, judged_data_key(call, "kms:CreateManagedDataKeyVersion"));
  SR_TRY(const Versions before, versions_of(call, data_key));
  if (before.count >= limits::kVersionsPerKeyMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: a "
                "managed data key can have 50 versions. Delete secrets of old ones.");
  }
  std::string_view under = p.text("EncryptionKeyId");
  std::string_view instance = p.text("DKMSInstanceId");
  if (under.empty() && instance.empty() && !before.live.empty()) {
    under = before.live.back().encryption_key_id;
    instance = before.live.back().instance_id;
  }
  SR_TRY(InstancePlace place, new_secret_place(call, instance));
  SR_TRY(const keys::WrappingKey key, wrapping_key_for(call, under, place.id));
  SR_TRY(const SecretBytes raw, call.engines.keys.random_bytes(static_cast<std::size_t>(bytes)));
  SR_TRY(const SecretBytes text, keys::base64_text(raw));
  const std::string id = new_version_id(call.engines.random);
  const std::string secret = data_key.stem + id;
  call.note_resource(call.engines.secrets.arn(call.account(), secret));
  call.note_version(id);
  call.note_key(key.key_id);
  SR_CHECK_OK(call.engines.secrets.require_free(*call.transaction, call.account(), secret));
  SR_CHECK_OK(call.engines.secrets.create(
      *call.transaction,
      {.account = call.account(),
       .name = secret,
       .version_id = id,
       .description = "A version of the managed data key " + std::string(data_key.name),
       .creator = call.principal.arn,
       .instance_id = place.id,
       .place = std::move(place.place),
       .owing_service = std::string(kOwner)},
      text, key, call.now));
  call.answer.field("DataKeyName", data_key.name);
  write_version(call.answer, secret);
  return {};
}

constexpr Operation kRows[] = {
    {kKms, "GetManagedDataKey", kValueRead, kByHandler, "", get_managed_data_key},
    {kKms, "ListManagedDataKeyVersions", kSlowRead, kByHandler, "", list_managed_data_key_versions},
    {kStrongroom, "CreateManagedDataKeyVersion", kMutation, kByHandler, "",
     create_managed_data_key_version},
};

}  // namespace

std::span<const Operation> data_key_operations() {
  return kRows;
}

}  // namespace strongroom::service
