#include "strongroom/barrier/root_change.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "primitives.h"
#include "reveal.h"
#include "seal_file.h"
#include "slot_opening.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::barrier {
namespace {

Result<SecretBytes> copy_of(const SecretBytes& key) {
  return SecretBytes::copy_of(RecordReveal::view(key));
}

Result<void> check_may_begin(const SealTable& table) {
  if (!table.keys) {
    return fail(ErrorKind::kConflict, "Root.FirstFormat",
                "in format epoch 1 everything hangs on the root, so it cannot be replaced. Nothing "
                "was changed. Run `strongroomd upgrade` first");
  }
  if (table.keys->changing) {
    return fail(ErrorKind::kConflict, "Root.Unfinished",
                "an earlier change of the root is not finished. Nothing was changed. Start the "
                "server, or run `strongroomd root rotate` with it stopped: both finish it");
  }
  return {};
}

Result<void> remove_slots(SealTable& table, std::span<const std::uint8_t> removed) {
  for (const std::uint8_t id : removed) {
    if (std::erase_if(table.slots, [id](const Slot& slot) { return slot.id == id; }) > 0) continue;
    return fail(ErrorKind::kNotFound, "Seal.NoSuchSlot",
                "there is no slot " + std::to_string(id) +
                    " to remove; the slots that are left "
                    "are " +
                    kinds_of(table) + ". Nothing was changed");
  }
  if (!table.slots.empty()) return {};
  return fail(ErrorKind::kInvalidInput, "Seal.LastSlot",
              "without a slot the data could never be opened again: keep one at least. Nothing was "
              "changed");
}

/// What goes from the old seal to the new one.
struct Wrapping {
  const std::string& directory;
  Uuid cluster;
  const SecretBytes& old_root;
  const SecretBytes& new_root;
  Random& random;
};

/// Nothing if `secret` is not this slot's; else why it could not be used, or success.
Result<void> wrap_again(const Wrapping& to, Slot& slot, const SlotSecret& secret) {
  const SealTable alone{.cluster = to.cluster, .slots = {slot}};
  SR_TRY(const SlotOpened opened, open_table(to.directory, alone, secret));
  if (!crypto::ct_equal(opened.root, to.old_root)) return damaged(seal_path(to.directory));
  SR_CHECK_OK(wrap_root(slot, to.cluster, opened.key, to.new_root, to.random));
  SR_TRY(const SecretBytes again, unwrap_root(slot, to.cluster, opened.key));
  return crypto::ct_equal(again, to.new_root) ? Result<void>()
                                              : internal_error("barrier: a slot does not open");
}

/// Success if one of the secrets was the slot's; else the last refusal that says more than that it
/// was another slot's.
Result<void> wrap_with_any(const Wrapping& to, Slot& slot, std::span<const SlotSecret> secrets) {
  auto why = Result<void>(fail(ErrorKind::kDenied, "Seal.NoSuchSlot", "its secret was not given"));
  for (const SlotSecret& secret : secrets) {
    auto wrapped = wrap_again(to, slot, secret);
    if (wrapped || wrapped.error().kind() == ErrorKind::kCorrupt) return wrapped;
    const std::string& code = wrapped.error().code();
    if (code != "Seal.NoSuchSlot" && code != "Seal.WrongKey") why = std::move(wrapped);
  }
  return why;
}

Result<void> wrap_slots(const Wrapping& to, SealTable& table, std::span<const SlotSecret> secrets) {
  std::string missing;
  for (Slot& slot : table.slots) {
    const auto wrapped = wrap_with_any(to, slot, secrets);
    if (wrapped) continue;
    // What holds the secret (a token, another KMS) may refuse in any way: that is told, slot by
    // slot.
    const ErrorKind kind = wrapped.error().kind();
    if (kind == ErrorKind::kCorrupt || kind == ErrorKind::kInternal) return wrapped;
    missing.append("\n  slot ").append(std::to_string(slot.id)).append(" (");
    missing.append(slot_kind_name(slot.kind)).append("): ").append(wrapped.error().message());
  }
  if (missing.empty()) return {};
  return fail(
      ErrorKind::kDenied, "Root.SlotNotOpened",
      "a slot can get the new root only with its own secret, and these were not opened:" + missing +
          "\nNothing was changed. Give their secrets as well, or name them with "
          "--remove-slot to give them up");
}

/// The tables of before and after are one file each: there is no moment in between.
Result<void> settle(const std::string& directory, const UnsealedDirectory& opened, Random& random) {
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
  if (!table.keys || !table.keys->changing) return {};
  DataKeys keys;
  SR_TRY(keys.base, copy_of(opened.keys.base));
  SR_TRY(keys.keyring, copy_of(opened.keys.keyring));
  SR_CHECK_OK(seal_keys(table, keys, opened.root, random));
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

Result<void> keep_copies(const std::string& directory) {
  SR_TRY(const DirectoryFiles files, read_directory_files(directory));
  SR_CHECK_OK(
      write_file(first_format_copy(seal_path(directory)), files.seal, 0600, IfExists::kReplace));
  return write_file(first_format_copy(superblock_path(directory)), files.superblock, 0600,
                    IfExists::kReplace);
}

Result<void> remove_copies(const std::string& directory) {
  for (const std::string& path : {seal_path(directory), superblock_path(directory)}) {
    const std::string copy = first_format_copy(path);
    if (exists(copy) && unlink(copy.c_str()) != 0)
      return std::unexpected(system_error("cannot remove", copy));
  }
  return {};
}

}  // namespace

Result<void> begin_root_change(const std::string& directory, const UnsealedDirectory& opened,
                               const RootChange& change, const SlotMaking& making) {
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
  SR_CHECK_OK(check_may_begin(table));
  SR_CHECK_OK(remove_slots(table, change.removed));
  SR_TRY(const SecretBytes root, random_key(making.random));
  SR_CHECK_OK(wrap_slots({directory, table.cluster, opened.root, root, making.random}, table,
                         change.secrets));
  DataKeys keys;
  SR_TRY(keys.base, copy_of(opened.keys.base));
  SR_TRY(keys.keyring, random_key(making.random));
  SR_TRY(keys.keyring_before, copy_of(opened.keys.keyring));
  table.keys->root_number += 1;
  table.keys->root_since = making.clock.now();
  SR_CHECK_OK(seal_keys(table, keys, root, making.random));
  return write_seal(directory, table, root, IfExists::kReplace);
}

Result<void> finish_root_change(const std::string& directory, const UnsealedDirectory& opened,
                                SealedStore& store, Random& random) {
  if (!opened.keys.changing()) return {};
  SR_TRY(SecretBytes k_keyring, copy_of(opened.keys.keyring));
  SR_CHECK_OK(upkeep_of(store).wrap_keyring(std::move(k_keyring)));
  // Their slots open the root before, which is the base of a directory that began with epoch 1.
  SR_CHECK_OK(remove_copies(directory));
  return settle(directory, opened, random);
}

// The superblock comes before the seal: an older release must meet a format epoch that it does not
// know, never a seal that looks damaged to it.
Result<bool> upgrade_directory(const std::string& directory, UnsealedDirectory& opened,
                               Random& random) {
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
  if (table.keys) return false;
  if (opened.superblock.format_epoch == kFirstFormatEpoch) {
    SR_CHECK_OK(keep_copies(directory));
    Superblock superblock = opened.superblock;
    superblock.format_epoch = kFormatEpoch;
    SR_CHECK_OK(write_superblock(directory, superblock, opened.keys.base, IfExists::kReplace));
    opened.superblock = superblock;
  }
  table.keys = SealedKeys{.root_number = 1, .root_since = opened.superblock.created};
  SR_CHECK_OK(seal_keys(table, opened.keys, opened.root, random));
  SR_CHECK_OK(write_seal(directory, table, opened.root, IfExists::kReplace));
  return true;
}

}  // namespace strongroom::barrier
