// `strongroomd access-key`: the root AccessKeys of the operator's account, for who cannot sign as
// root any more. Whoever opens the seal may do it; the audit log tells of it.

#include <cstdio>

#include "provision.h"
#include "reveal.h"
#include "startup.h"
#include "strongroom/audit/log.h"
#include "strongroom/server/recovery_commands.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

using identity::IssuedAccessKey;

/// The store of a stopped server, open for one change of its directory of users.
struct Opened {
  SystemClock clock;
  SystemRandom random;
  barrier::Mode mode = barrier::Mode::kProduction;
  std::unique_ptr<store::Store> engine;
  std::unique_ptr<barrier::SealedStore> store;
  identity::Directory directory{random};
};

Result<void> open(const Config& config, Opened& opened) {
  SR_TRY(barrier::UnsealedDirectory unsealed, unseal(config));
  opened.mode = unsealed.superblock.mode;
  SR_TRY(opened.engine, store_lmdb::open({.directory = config.data_directory + "/store"}));
  SR_TRY(opened.store,
         open_for_command(*opened.engine, std::move(unsealed), opened.clock, opened.random));
  return {};
}

/// As a row of the commit; the server's next start moves it into the log. A restored older state
/// learns from it which keys are dead.
void record(barrier::Transaction& transaction, const Config& config, AccountId account,
            std::string_view action, std::string_view key_id, Opened& opened) {
  audit::Record entry;
  entry.time = opened.clock.now();
  const std::string request_id = Uuid::generate(opened.random).upper();
  const std::string resource = "acs:ram::" + account.text() + ":root";
  entry.request_id = request_id;
  entry.service = "Ram";
  entry.action = action;
  entry.api_version = "2015-05-01";
  entry.region = config.region;
  entry.account = account;
  entry.principal_type = "system";
  entry.principal_id = "system";
  entry.principal_name = "strongroomd access-key";
  entry.resource = resource;
  entry.key_id = key_id;
  entry.decision = "allow";
  entry.status = 200;
  entry.mutation = true;
  const std::string leaf = audit::encode(entry);
  transaction.put_timed(barrier::TimeTable::kAuditPending, entry.time, as_bytes(leaf));
}

Result<IssuedAccessKey> issue(const Config& config, const std::string& removed) {
  Opened opened;
  SR_CHECK_OK(open(config, opened));
  SR_TRY(const auto transaction, opened.store->begin());
  SR_TRY(const AccountId account, operator_account(*transaction));
  const identity::Owner root{account, ""};
  if (!removed.empty()) {
    SR_CHECK_OK(opened.directory.delete_access_key(*transaction, root, removed));
    record(*transaction, config, account, "DeleteAccessKey", removed, opened);
  }
  SR_TRY(IssuedAccessKey key,
         opened.directory.create_access_key(*transaction, root, opened.clock.now()));
  record(*transaction, config, account, "CreateAccessKey", key.id, opened);
  if (opened.mode == barrier::Mode::kDev)
    SR_CHECK_OK(keep_root_key(*transaction, key, opened.random));
  SR_CHECK_OK(transaction->commit());
  return key;
}

Result<void> list(const Config& config) {
  Opened opened;
  SR_CHECK_OK(open(config, opened));
  SR_TRY(const auto reader, opened.store->reader());
  SR_TRY(const AccountId account, operator_account(*reader));
  SR_TRY(const auto keys, opened.directory.list_access_keys(*reader, {account, ""}));
  for (const identity::AccessKeyInfo& key : keys) {
    std::printf("%s  %s  made %s\n", key.id.c_str(), key.active ? "Active  " : "Inactive",
                format_utc(key.created).c_str());
  }
  return {};
}

}  // namespace

int run_access_key_list(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  if (const auto done = list(*config); !done)
    return fail_with("the AccessKeys cannot be listed", done.error(), stop_or_mend(done.error()));
  return 0;
}

int run_access_key_new(const RootAccessKeyOptions& options, const std::string& config_file,
                       const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto key = issue(*config, options.remove);
  if (!key) {
    return fail_with("no AccessKey was made", key.error(),
                     stop_or_mend(key.error()) +
                         "; if there are two already, give one up: strongroomd access-key ls, "
                         "then --remove ID");
  }
  std::printf("AccessKeyId      %s\nAccessKeySecret  %s\n", key->id.c_str(),
              std::string(OperatorReveal::text(key->secret)).c_str());
  if (std::fflush(stdout) == 0) return 0;
  return fail_with(
      "the AccessKey was made and could not be printed",
      Error(ErrorKind::kUnavailable, "NotPrinted", "standard output cannot be written"),
      "run it again with --remove " + key->id);
}

}  // namespace strongroom::server
