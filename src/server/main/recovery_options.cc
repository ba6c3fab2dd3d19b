#include "recovery_options.h"

using namespace strongroom::server;

CLI::App* RecoveryOptions::command(CLI::App& parent, const char* name, const char* about,
                                   CommonFlags& common, Body body) {
  CLI::App* made = parent.add_subcommand(name, about);
  common.add_local_to(*made);
  commands_.emplace_back(made, std::move(body));
  return made;
}

void RecoveryOptions::add_identity_file(CLI::App& command) {
  command.add_option("--age-identity-file", age_identity_file_,
                     "identity of one of the age recipients, as age-keygen writes it");
}

void RecoveryOptions::add_backup(CLI::App& app, CommonFlags& common) {
  CLI::App* backup = app.add_subcommand("backup", "take, check and list backups");
  backup->require_subcommand(1);
  CLI::App* create = command(
      *backup, "create", "take a backup, also while the server runs", common,
      [this](const auto& config, const auto& f) { return run_backup_create(backup_, config, f); });
  create->add_option("--out", backup_.out,
                     "new file, - for standard output; else a name in backup.directory");
  create->add_option("--since", backup_.since, "an earlier backup: write what changed since");
  create->add_option("--rate", backup_.rate, "MiB a second that are read at most");
  create->add_option("--age-recipient", age_recipients_,
                     "age1… key: only its holder, with the seal, opens the backup; repeatable");
  CLI::App* verify = command(
      *backup, "verify", "check a backup; needs nothing but the file", common,
      [this](const auto& config, const auto& f) { return run_backup_verify(verify_, config, f); });
  verify->add_option("file", verify_.file, "the backup, - for standard input")->required();
  verify->add_option("--vkey", verify_.vkey, "the key that must have signed it");
  verify->add_flag("--open", verify_.open, "open every chunk with the configured seal");
  add_identity_file(*verify);
  CLI::App* list = command(*backup, "ls", "list a directory of backups", common,
                           [this](const auto& config, const auto& f) {
                             return run_backup_list(list_directory_, config, f);
                           });
  list->add_option("directory", list_directory_, "else backup.directory");
}

void RecoveryOptions::add_restore(CLI::App& app, CommonFlags& common) {
  CLI::App* restore = command(
      app, "restore", "put a backup into a new data directory", common,
      [this](const auto& config, const auto& f) { return run_restore(restore_, config, f); });
  restore->add_option("--from", restore_.from, "the backup, its bases beside it; - for a pipe")
      ->required();
  restore->add_option("--audit", restore_.audit,
                      "the newest copy of the audit log: it is kept, and keys deleted in it die");
  restore->add_flag("--verify", restore_.verify, "prove it in a scratch directory, keep nothing");
  restore->add_option("--scratch", restore_.scratch, "where --verify restores to");
  restore->add_flag("--revive-credentials", restore_.revive_credentials,
                    "keys deleted after the backup become valid again");
  CLI::App* drill =
      command(app, "drill", "prove that the newest backup can be restored", common,
              [this](const auto& config, const auto& f) { return run_drill(scratch_, config, f); });
  drill->add_option("--scratch", scratch_, "where to restore to; else backup.scratch");
  add_identity_file(*restore);
  add_identity_file(*drill);
}

void RecoveryOptions::add_seal(CLI::App& app, CommonFlags& common) {
  CLI::App* slot = app.add_subcommand("seal", "what opens the data")
                       ->require_subcommand(1)
                       ->add_subcommand("slot", "the slots, each of which opens the data");
  slot->require_subcommand(1);
  command(*slot, "ls", "show the slots", common, run_seal_slot_list);
  CLI::App* add = command(
      *slot, "add", "add a slot", common,
      [this](const auto& config, const auto& f) { return run_seal_slot_add(slot_, config, f); });
  CLI::App* replace = command(*slot, "replace", "put a new slot in another's place", common,
                              [this](const auto& config, const auto& f) {
                                return run_seal_slot_replace(slot_, config, f);
                              });
  CLI::App* remove = command(
      *slot, "rm", "remove a slot; not the last one", common,
      [this](const auto& config, const auto& f) { return run_seal_slot_remove(slot_, config, f); });
  for (CLI::App* one : {replace, remove})
    one->add_option("slot", slot_.slot, "its number, from `seal slot ls`")->required();
  for (CLI::App* one : {add, replace}) {
    one->add_option("--new-file", slot_.new_file, "new key file, on another file system");
    one->add_option("--passphrase-file", slot_.passphrase_file,
                    "file whose first line is the passphrase");
    one->add_option("--shares", slot_.shares, "3/5: any three of five shares open it");
    one->add_option("--shares-out", slot_.shares_out,
                    "directory for the shares; else they are shown and asked back");
    one->add_option("--token-module", slot_.token_module,
                    "PKCS#11 module; with --token, --token-key and --token-pin-file");
    one->add_option("--token", slot_.token, "label of the token");
    one->add_option("--token-key", slot_.token_key, "label of its key, made if it is not there")
        ->capture_default_str();
    one->add_option("--tpm-tcti", slot_.tpm_tcti, "how a TPM is reached, as device:/dev/tpmrm0");
    one->add_option("--tpm-pin-file", slot_.tpm_pin_file,
                    "file whose first line is the PIN; else the TPM alone opens the slot");
    one->add_option("--kms-endpoint", slot_.kms_endpoint,
                    "host:port of another KMS; with --kms-key and --kms-access-key-file");
    one->add_option("--kms-ca-file", slot_.kms_ca_file, "CA certificates (PEM) of that KMS");
    one->add_option("--kms-access-key-file", slot_.kms_access_key_file,
                    "file whose first line is an AccessKeyId there, a blank and its secret");
    one->add_option("--kms-key", slot_.kms_key, "id or alias of the key there");
    one->add_option("--token-pin-file", slot_.token_pin_file, "file whose first line is the PIN");
  }
}

void RecoveryOptions::add_upkeep(CLI::App& app, CommonFlags& common) {
  CLI::App* upgrade =
      command(app, "upgrade", "make the data directory one of the newest format", common,
              [this](const auto& config, const auto& f) {
                return check_ ? run_upgrade_check(config, f) : run_upgrade(config, f);
              });
  upgrade->add_flag("--check", check_, "open it read-only, unwrap every key, report, no more");
  CLI::App* root = app.add_subcommand("root", "the key that the slots hold")->require_subcommand(1);
  CLI::App* rotate = command(
      *root, "rotate", "replace it, in every slot and above the keyring", common,
      [this](const auto& config, const auto& f) { return run_root_rotate(root_, config, f); });
  rotate->add_option("--key-file", root_.key_files,
                     "key file of another slot, besides the configured seal; repeatable");
  rotate->add_option("--passphrase-file", root_.passphrase_files,
                     "file whose first line opens another slot; repeatable");
  rotate->add_option("--remove-slot", root_.remove_slots,
                     "give this slot up instead of giving its secret; repeatable");
  CLI::App* keyring = app.add_subcommand("keyring", "the keys that records are sealed under");
  keyring->require_subcommand(1);
  command(*keyring, "rotate", "a new epoch, every record sealed again; server stopped", common,
          run_keyring_rotate);
  CLI::App* access_key = app.add_subcommand(
      "access-key", "the root AccessKeys of the operator's account; server stopped");
  access_key->require_subcommand(1);
  command(*access_key, "ls", "show them, without their secrets", common, run_access_key_list);
  CLI::App* another = command(*access_key, "new", "make another one and print it once", common,
                              [this](const auto& config, const auto& f) {
                                return run_access_key_new(access_key_, config, f);
                              });
  another->add_option("--remove", access_key_.remove, "id of one that is given up for it");
  command(app, "compact", "rewrite the store without what was deleted; server stopped", common,
          run_compact);
}

void RecoveryOptions::add_to(CLI::App& app, CommonFlags& common) {
  add_backup(app, common);
  add_restore(app, common);
  add_seal(app, common);
  add_upkeep(app, common);
}

std::optional<int> RecoveryOptions::run(const std::string& config, const Flags& flags) const {
  Flags all = flags;
  if (!age_identity_file_.empty()) all["backup.age_identity_file"] = age_identity_file_;
  for (const std::string& recipient : age_recipients_) {
    std::string& list = all["backup.age_recipients"];
    list += (list.empty() ? "" : ",") + recipient;
  }
  for (const auto& [app, body] : commands_) {
    if (app->parsed()) return body(config, all);
  }
  return std::nullopt;
}
