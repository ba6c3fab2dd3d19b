#include "dead_credentials.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "strongroom/aap/access_points.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/identity/directory.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr int kFirstFailureStatus = 300;

// What else takes away somebody's way in; a person decides about these.
constexpr std::array<std::string_view, 5> kOtherActions = {
    "DeleteUser", "DeleteRole", "DeleteApplicationAccessPoint", "DetachPolicyFromUser",
    "UpdateAccessKey"};

std::string text_of(const simdjson::dom::element& entry, const char* field) {
  std::string_view value;
  if (entry[field].get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

std::string user_of(const std::string& resource) {
  const std::size_t at = resource.rfind(":user/");
  return at == std::string::npos ? std::string() : resource.substr(at + 6);
}

std::optional<DeadCredential> dead_in(const simdjson::dom::element& entry) {
  std::int64_t status = 0;
  if (entry["status"].get(status) != simdjson::SUCCESS || status >= kFirstFailureStatus)
    return std::nullopt;
  const std::string action = text_of(entry, "action");
  DeadCredential dead{.account = {}, .id = text_of(entry, "key_id"), .user = {}, .what = {}};
  const std::string resource = text_of(entry, "resource");
  if (action == "DeleteAccessKey") {
    dead.kind = DeadCredential::Kind::kAccessKey;
    dead.user = user_of(resource);
  } else if (action == "DeleteClientKey") {
    dead.kind = DeadCredential::Kind::kClientKey;
  } else if (std::ranges::find(kOtherActions, action) == kOtherActions.end()) {
    return std::nullopt;
  }
  dead.account = AccountId::parse(text_of(entry, "account")).value_or(AccountId());
  dead.what = text_of(entry, "time") + ' ' + action + ' ' + dead.id + ' ' + resource + " by " +
              text_of(entry, "principal_name");
  return dead;
}

Result<void> delete_one(barrier::SealedStore& store, identity::Directory& directory,
                        aap::AccessPoints& points, const DeadCredential& dead, Instant now) {
  SR_TRY(const auto transaction, store.begin());
  if (dead.kind == DeadCredential::Kind::kClientKey) {
    SR_TRY(const aap::ClientKeyInfo key,
           points.find_client_key(*transaction, dead.account, dead.id));
    SR_CHECK_OK(points.remove_client_key(*transaction, key, now));
  } else {
    const identity::Owner owner{.account = dead.account, .user_name = dead.user};
    SR_CHECK_OK(directory.delete_access_key(*transaction, owner, dead.id));
  }
  SR_TRY([[maybe_unused]] const auto revision, transaction->commit());
  return {};
}

}  // namespace

Result<std::vector<DeadCredential>> deleted_since(const std::string& audit_directory,
                                                  std::uint64_t first) {
  SR_TRY(auto log, audit_format::LogDirectory::open(audit_directory));
  std::vector<DeadCredential> found;
  simdjson::dom::parser parser;
  SR_CHECK_OK(log.for_each(first, [&](const audit_format::Entry& entry) {
    simdjson::dom::element document;
    if (parser.parse(entry.text).get(document) == simdjson::SUCCESS) {
      if (auto dead = dead_in(document)) found.push_back(std::move(*dead));
    }
    return true;
  }));
  return found;
}

Result<std::size_t> delete_again(const std::string& directory, barrier::UnsealedDirectory opened,
                                 const std::vector<DeadCredential>& dead) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(const auto engine, store_lmdb::open({.directory = directory + "/store"}));
  SR_TRY(const auto store, open_for_command(*engine, std::move(opened), clock, random));
  identity::Directory users(random);
  aap::AccessPoints points(*store, random, "restore");
  std::size_t count = 0;
  for (const DeadCredential& one : dead) {
    if (one.kind == DeadCredential::Kind::kOther || one.id.empty()) continue;
    const auto outcome = delete_one(*store, users, points, one, clock.now());
    if (outcome) {
      ++count;
    } else if (outcome.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(outcome.error());
    }
  }
  return count;
}

}  // namespace strongroom::server
