#include "slot_opening.h"

#include <algorithm>
#include <variant>

#include "reveal.h"
#include "seal_file.h"
#include "slot_key.h"

namespace strongroom::barrier {
namespace {

SlotKind kind_of_secret(const SlotSecret& secret) {
  if (std::holds_alternative<FileSecret>(secret)) return SlotKind::kFile;
  if (std::holds_alternative<PassphraseSecret>(secret)) return SlotKind::kPassphrase;
  if (const auto* key = std::get_if<KeySecret>(&secret)) return key->kind;
  if (const auto* asked = std::get_if<AskedSecret>(&secret)) return asked->kind;
  return SlotKind::kDev;
}

// A dev slot's key is a key file like any other; what a production server may open is decided by
// the superblock's mode.
bool opens_kind(SlotKind given, SlotKind slot) {
  return given == slot || (given == SlotKind::kFile && slot == SlotKind::kDev);
}

std::string slots_of(const SealTable& table, SlotKind kind) {
  std::string text;
  for (const Slot& slot : table.slots) {
    if (!opens_kind(kind, slot.kind)) continue;
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(slot.id));
    if (kind != SlotKind::kPassphrase)
      text.append(" with check value ").append(shown(slot.check_value));
  }
  return text;
}

std::unexpected<Error> no_such_slot(const std::string& directory, const SealTable& table) {
  return fail(ErrorKind::kDenied, "Seal.NoSuchSlot",
              "cannot open " + directory +
                  ": it has no slot for this kind of secret. Its slots are " + kinds_of(table) +
                  ". Nothing was changed. Give the secret of one of these");
}

Result<SlotOpened> open_slot(const SealTable& table, const Slot& slot, const SecretBytes& key) {
  SR_TRY(SecretBytes root, unwrap_root(slot, table.cluster, key));
  SR_TRY(SecretBytes kept, SecretBytes::copy_of(RecordReveal::view(key)));
  return SlotOpened{std::move(root), std::move(kept), slot.id};
}

Result<SlotOpened> open_with_passphrase(const std::string& directory, const SealTable& table,
                                        const PassphraseSecret& secret) {
  for (const Slot& slot : table.slots) {
    if (slot.kind != SlotKind::kPassphrase) continue;
    SR_TRY(const SecretBytes key, stretch(secret.passphrase, slot));
    if (auto opened = open_slot(table, slot, key)) return opened;
  }
  return fail(ErrorKind::kDenied, "Seal.WrongPassphrase",
              "cannot open " + directory + ": the passphrase opens none of the passphrase slots (" +
                  slots_of(table, SlotKind::kPassphrase) +
                  "). Nothing was changed. Check the passphrase and the directory; if both "
                  "are right, the file `seal` is damaged: put it back from a backup");
}

// The last refusal is told: with one slot of the kind, which is the rule, it is the only one.
Result<SlotOpened> open_by_asking(const std::string& directory, const SealTable& table,
                                  const AskedSecret& secret) {
  auto why = fail(ErrorKind::kDenied, "Seal.NoSuchSlot", "there is no such slot");
  for (const Slot& slot : table.slots) {
    if (slot.kind != secret.kind) continue;
    const auto key = secret.ask(slot.parameters);
    if (!key) {
      why = std::unexpected(key.error());
      continue;
    }
    if (auto opened = open_slot(table, slot, *key)) return opened;
    return damaged(seal_path(directory));
  }
  return why;
}

Result<SecretBytes> key_of(const std::string& directory, const SlotSecret& secret) {
  if (const auto* file = std::get_if<FileSecret>(&secret)) return load_key_file(*file, directory);
  if (const auto* key = std::get_if<KeySecret>(&secret))
    return SecretBytes::copy_of(RecordReveal::view(key->key));
  return load_dev_key(directory);
}

/// What holds the key, for messages.
std::string origin_of(const std::string& directory, const SlotSecret& secret) {
  if (const auto* file = std::get_if<FileSecret>(&secret)) return file->path;
  if (const auto* key = std::get_if<KeySecret>(&secret))
    return "the " + std::string(slot_kind_name(key->kind)) + " slot's secret";
  return dev_key_path(directory);
}

Result<SlotOpened> open_with_key(const std::string& directory, const SealTable& table,
                                 const SlotSecret& secret) {
  const SlotKind kind = kind_of_secret(secret);
  SR_TRY(const SecretBytes key, key_of(directory, secret));
  const std::string found = check_value(key);
  for (const Slot& slot : table.slots) {
    if (!opens_kind(kind, slot.kind) || slot.check_value != found) continue;
    if (auto opened = open_slot(table, slot, key)) return opened;
    return damaged(seal_path(directory));
  }
  return fail(ErrorKind::kDenied, "Seal.WrongKey",
              "cannot open " + directory + ": " + origin_of(directory, secret) +
                  " holds the key with check value " + shown(found) + ", but the data needs slot " +
                  slots_of(table, kind) +
                  ". Nothing was changed. Give the key that belongs to this directory");
}

}  // namespace

std::string kinds_of(const SealTable& table) {
  std::string text;
  for (const Slot& slot : table.slots) {
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(slot.id));
    text.append(" (").append(slot_kind_name(slot.kind)).append(")");
  }
  return text;
}

Result<SlotOpened> open_table(const std::string& directory, const SealTable& table,
                              const SlotSecret& secret) {
  const SlotKind kind = kind_of_secret(secret);
  const bool has_kind = std::ranges::any_of(
      table.slots, [kind](const Slot& slot) { return opens_kind(kind, slot.kind); });
  if (!has_kind) return no_such_slot(directory, table);
  if (const auto* passphrase = std::get_if<PassphraseSecret>(&secret))
    return open_with_passphrase(directory, table, *passphrase);
  if (const auto* asked = std::get_if<AskedSecret>(&secret))
    return open_by_asking(directory, table, *asked);
  return open_with_key(directory, table, secret);
}

}  // namespace strongroom::barrier
