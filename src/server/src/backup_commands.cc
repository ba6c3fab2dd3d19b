// `strongroomd backup …`

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "age_keys.h"
#include "backup_job.h"
#include "recovery_status.h"
#include "startup.h"
#include "strongroom/server/recovery_commands.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "terminal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

Result<recovery::BackupKeys> keys_of(const SecretBytes& base) {
  return recovery::BackupKeys::from(
      [&base](std::string_view label) { return barrier::derive_from_base(base, label); });
}

std::string epochs_of(const recovery::Foot& foot) {
  std::string text;
  for (const auto& [epoch, rows] : foot.epochs) {
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(epoch)).append(" (").append(std::to_string(rows)).append(" rows)");
  }
  return text.empty() ? "none" : text;
}

void print_manifest(std::FILE* out, const std::string& path, const recovery::Manifest& manifest) {
  const recovery::Head& head = manifest.head;
  const recovery::Foot& foot = manifest.foot;
  std::fprintf(out, "backup    %s\nid        %s\nkind      %s\ncluster   %s (%s)\n", path.c_str(),
               head.id.lower().c_str(),
               head.full() ? "full" : ("increment of " + head.base.lower()).c_str(),
               head.cluster.lower().c_str(), std::string(barrier::mode_name(head.mode)).c_str());
  std::fprintf(out, "taken     %s, revision %llu, format epoch %u\n",
               format_utc(head.created).c_str(), static_cast<unsigned long long>(head.revision),
               head.format_epoch);
  std::fprintf(out, "rows      %llu in full, %llu as in the base\nepochs    %s\n",
               static_cast<unsigned long long>(foot.rows),
               static_cast<unsigned long long>(foot.kept), epochs_of(foot).c_str());
  std::fprintf(out, "audit     %llu entries\n",
               static_cast<unsigned long long>(foot.audit.entries));
  for (const barrier::SlotFacts& slot : head.slots) {
    std::fprintf(out, "opens by  slot %u (%s), check value %s\n", slot.id,
                 std::string(barrier::slot_kind_name(slot.kind)).c_str(), slot.check_value.c_str());
  }
  if (!head.age_key.empty())
    std::fprintf(out, "and by    the identity of an age recipient (--age-identity-file)\n");
  std::fprintf(out, "signed by %s\n", head.vkey.c_str());
}

struct Prepared {
  barrier::UnsealedDirectory opened;
  std::unique_ptr<store::Store> engine;
  recovery::BackupKeys keys;
};

Result<Prepared> prepare(const Config& config) {
  Prepared prepared;
  SR_TRY(prepared.opened, unseal(config));
  SR_TRY(prepared.keys, keys_of(prepared.opened.keys.base));
  SR_TRY(prepared.engine,
         store_lmdb::open({.directory = config.data_directory + "/store", .read_only = true}));
  return prepared;
}

Result<recovery::StoredBackup> create(const Config& config, const BackupOptions& options) {
  SR_TRY(const Prepared prepared, prepare(config));
  const recovery::BackupSource source{
      .engine = *prepared.engine, .data_directory = config.data_directory, .keys = prepared.keys};
  const std::uint64_t rate = options.rate > 0 ? options.rate : config.backup.rate_mib;
  if (options.out.empty() && options.since.empty()) {
    BackupConfig scheduled = config.backup;
    scheduled.rate_mib = rate;
    return take_scheduled_backup(source, scheduled, nullptr);
  }
  SystemClock clock;
  SystemRandom random;
  recovery::Manifest since;
  if (!options.since.empty()) {
    SR_TRY(since, recovery::read_manifest(options.since));
  }
  SR_TRY(const std::vector<age::Recipient> recipients, recipients_of(config.backup));
  const recovery::BackupOptions how{.bytes_per_second = bytes_of_mib(rate),
                                    .since = options.since.empty() ? nullptr : &since,
                                    .recipients = recipients};
  recovery::StoredBackup made{.path = options.out, .manifest = {}};
  if (options.out == "-") {
    const auto sink = recovery::make_descriptor_sink(STDOUT_FILENO);
    SR_TRY(made.manifest, recovery::write_backup(source, *sink, how, clock, random));
    return made;
  }
  if (made.path.empty()) {
    made.path = recovery::backup_path(config.backup.directory, clock.now(), Uuid::generate(random),
                                      options.since.empty());
  }
  SR_TRY(made.manifest, recovery::write_backup_file(source, made.path, how, clock, random));
  return made;
}

void note_backup(const Config& config) {
  const SystemClock clock;
  RecoveryStatus status = read_recovery_status(config.data_directory);
  status.last_backup = clock.now();
  if (const auto written = write_recovery_status(config.data_directory, status); !written) {
    std::fprintf(stderr, "warning: %s\n", written.error().message().c_str());
  }
}

Result<recovery::Manifest> verify(const Config& config, const BackupVerifyOptions& options) {
  if (!options.open) return recovery::verify_backup(options.file, nullptr, options.vkey);
  SR_TRY(const recovery::Manifest manifest, recovery::read_manifest(options.file));
  SR_TRY(const barrier::SlotSecret secret, seal_for(config, manifest.head.mode));
  SR_TRY(
      const barrier::UnsealedDirectory opened,
      barrier::open_directory_files(manifest.head.files, options.file, manifest.head.mode, secret));
  SR_TRY(const recovery::BackupKeys keys, keys_of(opened.keys.base));
  SR_TRY(const std::vector<age::Identity> identities, identities_of(config.backup));
  return recovery::verify_backup(options.file, &keys, options.vkey, identities);
}

}  // namespace

int run_backup_create(const BackupOptions& options, const std::string& config_file,
                      const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  if (options.out.empty() && config->backup.directory.empty()) {
    return fail_with("there is no place for the backup",
                     Error(ErrorKind::kInvalidInput, "Backup.NoPlace",
                           "neither --out nor backup.directory is given"),
                     "name a file with --out, or `--out -` for a pipe");
  }
  const auto made = create(*config, options);
  if (!made)
    return fail_with("no backup was taken", made.error(), "mend the cause above and try again");
  note_backup(*config);
  print_manifest(options.out == "-" ? stderr : stdout, made->path, made->manifest);
  return 0;
}

int run_backup_verify(const BackupVerifyOptions& options, const std::string& config_file,
                      const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto manifest = verify(*config, options);
  if (!manifest)
    return fail_with("the backup is not good", manifest.error(), "verify another copy");
  print_manifest(stdout, options.file, *manifest);
  std::printf("good      whole, signed%s\n", options.open ? ", every chunk opened" : "");
  return 0;
}

int run_backup_list(const std::string& directory, const std::string& config_file,
                    const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const std::string& where = directory.empty() ? config->backup.directory : directory;
  const auto listing = recovery::list_backups(where, SystemClock().now());
  if (!listing)
    return fail_with("the backups cannot be listed", listing.error(),
                     "name a directory, or set backup.directory");
  for (const recovery::StoredBackup& backup : listing->backups) {
    const recovery::Head& head = backup.manifest.head;
    std::printf("%s  %-9s  revision %-10llu  %s\n", format_utc(head.created).c_str(),
                head.full() ? "full" : "increment", static_cast<unsigned long long>(head.revision),
                backup.path.c_str());
  }
  for (const std::string& path : listing->damaged) std::printf("damaged: %s\n", path.c_str());
  return listing->damaged.empty() ? 0 : 1;
}

}  // namespace strongroom::server
