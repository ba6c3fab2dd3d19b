#pragma once
// Backup, restore, seal and upgrade on the command line. As commands.h: each prints for people,
// returns the exit code, blocks, and is called once per process. They work on the data directory
// itself, beside a running server where that is safe, and open its seal as a start would.

#include <cstdint>
#include <string>
#include <vector>

#include "strongroom/server/commands.h"

namespace strongroom::server {

struct BackupOptions {
  std::string out;         // a file, "-" for standard output; empty: a new name in backup.directory
  std::string since;       // an earlier backup: write an increment
  std::uint64_t rate = 0;  // MiB a second; 0: backup.rate
};
/// Takes a backup, also while the server runs.
int run_backup_create(const BackupOptions& options, const std::string& config_file,
                      const Flags& flags);

struct BackupVerifyOptions {
  std::string file;
  std::string vkey;   // the key that must have signed it
  bool open = false;  // open every chunk, with the configured seal
};
/// Checks one backup; without --open nothing but the file is needed.
int run_backup_verify(const BackupVerifyOptions& options, const std::string& config_file,
                      const Flags& flags);

/// Lists a directory of backups (empty: backup.directory).
int run_backup_list(const std::string& directory, const std::string& config_file,
                    const Flags& flags);

struct RestoreOptions {
  std::string from;
  std::string audit;                // a newer copy of the audit log
  bool verify = false;              // restore into a scratch directory, prove, remove
  std::string scratch;              // where; empty: beside the target
  bool revive_credentials = false;  // keys deleted after the backup come back
};
/// Puts a backup into the (absent or empty) data directory.
int run_restore(const RestoreOptions& options, const std::string& config_file, const Flags& flags);

/// Restores the newest backup of backup.directory into a scratch directory, proves it, removes it,
/// and notes the outcome.
int run_drill(const std::string& scratch, const std::string& config_file, const Flags& flags);

struct SealSlotOptions {
  int slot = 0;                 // replace, rm: which one
  std::string new_file;         // made with 32 random bytes
  std::string passphrase_file;  // first line becomes a passphrase slot
  std::string shares;           // "3/5": three of five people
  std::string shares_out;       // directory of share files; empty: shown, and asked back
  std::string token_module;     // a PKCS#11 module: a key of a token wraps the slot's
  std::string token;            // its label
  std::string token_key = "strongroom-seal";  // label of its key, made if it is not there
  std::string token_pin_file;                 // first line
  std::string tpm_tcti;                       // a TPM seals the slot's key
  std::string tpm_pin_file;                   // first line; empty: the TPM alone opens it
  std::string kms_endpoint;                   // host:port of another KMS, whose key encrypts it
  std::string kms_ca_file;
  std::string kms_access_key_file;
  std::string kms_key;  // id or alias of the key there
};
/// Shows the slots; needs no secret.
int run_seal_slot_list(const std::string& config_file, const Flags& flags);
/// Adds a slot, or puts one in another's place. The server may run; it goes on with its key.
int run_seal_slot_add(const SealSlotOptions& options, const std::string& config_file,
                      const Flags& flags);
int run_seal_slot_replace(const SealSlotOptions& options, const std::string& config_file,
                          const Flags& flags);
int run_seal_slot_remove(const SealSlotOptions& options, const std::string& config_file,
                         const Flags& flags);

struct RootRotateOptions {
  std::vector<std::string> key_files;         // of further slots, besides the configured seal
  std::vector<std::string> passphrase_files;  // the same; first lines
  std::vector<int> remove_slots;              // given up instead of getting the new root
};
/// Replaces the root key, beside a running server, which follows by itself, or without one. What a
/// kill leaves undone, the server, its next start or the next call finishes.
int run_root_rotate(const RootRotateOptions& options, const std::string& config_file,
                    const Flags& flags);

/// Opens the data directory read-only, also beside a running server, and proves all of it.
int run_upgrade_check(const std::string& config_file, const Flags& flags);
/// Proves the data directory, then makes it one of the newest format, also beside a running server
/// of this release. What a kill leaves undone, the next call finishes.
int run_upgrade(const std::string& config_file, const Flags& flags);
/// Begins a new keyring epoch and seals every record again under it; the server must be stopped.
/// What a kill leaves undone, the server or the next call finishes.
int run_keyring_rotate(const std::string& config_file, const Flags& flags);
struct RootAccessKeyOptions {
  std::string remove;  // this AccessKey goes; empty: none
};
/// Shows the root AccessKeys of the operator's account; the server must be stopped.
int run_access_key_list(const std::string& config_file, const Flags& flags);
/// Makes another one and prints it once: the way back for who has lost or disabled all of them. The
/// server must be stopped.
int run_access_key_new(const RootAccessKeyOptions& options, const std::string& config_file,
                       const Flags& flags);
/// Rewrites the store without its free pages; the server must be stopped.
int run_compact(const std::string& config_file, const Flags& flags);

}  // namespace strongroom::server
