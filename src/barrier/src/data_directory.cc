#include "strongroom/barrier/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "files.h"
#include "primitives.h"
#include "reveal.h"
#include "sealed_record.h"
#include "slot_key.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kSealFileBytesMax = 8192;
constexpr std::size_t kSlotsMax = 8;
constexpr std::size_t kMacBytes = 32;
constexpr std::uint32_t kFloorPasses = 3;
constexpr std::uint32_t kFloorMemoryKib = 64U << 10;

std::string superblock_path(const std::string& directory) {
  return directory + "/superblock";
}
std::string seal_path(const std::string& directory) {
  return directory + "/seal";
}

bool exists(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0;
}

std::string slot_aad(Uuid cluster, const Slot& slot) {
  return aad({.record_type = kSealSlotType,
              .cluster = cluster,
              .account = {},
              .resource = {},
              .name = encode_slot_head(slot),
              .version_id = {},
              .field = "root",
              .rev = 0,
              .wrapping_key = {}});
}

Result<std::string> with_mac(const SecretBytes& root, std::string_view purpose, std::string bytes) {
  SR_TRY(const SecretBytes key, kdf(root, purpose));
  bytes.append(as_chars(hmac_sha256(key, bytes)));
  return bytes;
}

Result<bool> mac_holds(const SecretBytes& root, std::string_view purpose, std::string_view file) {
  if (file.size() < kMacBytes) return false;
  SR_TRY(const SecretBytes key, kdf(root, purpose));
  const auto body = file.substr(0, file.size() - kMacBytes);
  return digests_equal(hmac_sha256(key, body), file.substr(body.size()));
}

Result<void> check_new_slot(const SlotSecret& secret, Mode mode) {
  if (std::holds_alternative<DevSecret>(secret) && mode != Mode::kDev) {
    return fail(
        ErrorKind::kInvalidInput, "Seal.DevSlot",
        "cannot make a dev slot in production mode: its key would lie beside the data. Nothing was "
        "changed. Use a key file or a passphrase");
  }
  const auto* passphrase = std::get_if<PassphraseSecret>(&secret);
  if (passphrase == nullptr) return {};
  if (passphrase->passphrase.empty()) {
    return fail(ErrorKind::kInvalidInput, "Seal.EmptyPassphrase",
                "the passphrase is empty: give one");
  }
  const Argon2Cost& cost = passphrase->cost;
  const bool weak = cost.passes < kFloorPasses || cost.memory_kib < kFloorMemoryKib;
  if (mode == Mode::kProduction && weak) {
    return fail(ErrorKind::kInvalidInput, "Seal.WeakCost",
                "argon2id below t = 3 and m = 64 MiB does not protect a passphrase in production: "
                "leave the default");
  }
  return {};
}

/// The key for a new slot, whose kind, salt and cost are set here.
Result<SecretBytes> key_for_new(const std::string& directory, const SlotSecret& secret, Slot& slot,
                                Random& random) {
  if (const auto* file = std::get_if<FileSecret>(&secret)) {
    slot.kind = SlotKind::kFile;
    return load_key_file(*file, directory);
  }
  if (const auto* passphrase = std::get_if<PassphraseSecret>(&secret)) {
    slot.kind = SlotKind::kPassphrase;
    slot.cost = passphrase->cost;
    std::array<std::uint8_t, 16> salt{};
    random.fill(salt);
    slot.salt = as_chars(salt);
    return stretch(passphrase->passphrase, slot);
  }
  slot.kind = SlotKind::kDev;
  if (!exists(dev_key_path(directory)))
    SR_CHECK_OK(create_key_file(dev_key_path(directory), random));
  return load_dev_key(directory);
}

struct NewSlotContext {
  const std::string& directory;
  Uuid cluster;
  const SecretBytes& root;
  Random& random;
  Instant now;
};

Result<Slot> make_slot(const NewSlotContext& context, std::uint8_t id, const SlotSecret& secret) {
  Slot slot{.id = id, .created = context.now, .salt = {}, .cost = {}, .blob = {}};
  SR_TRY(const SecretBytes key, key_for_new(context.directory, secret, slot, context.random));
  if (slot.kind != SlotKind::kPassphrase) slot.check_value = check_value(key);
  const std::string aad = slot_aad(context.cluster, slot);
  SR_TRY(slot.blob, crypto::suite1_seal(key, as_bytes(aad), context.root, context.random));
  return slot;
}

Result<void> write_seal(const std::string& directory, const SealTable& table,
                        const SecretBytes& root, IfExists if_exists) {
  SR_TRY(const std::string file, with_mac(root, "seal-table", encode_seal_table(table)));
  return write_file(seal_path(directory), file, 0600, if_exists);
}

std::unexpected<Error> damaged(const std::string& path) {
  return fail(ErrorKind::kCorrupt, "DataDirectory.Damaged",
              "cannot open " + path +
                  ": it does not pass its check, so it was changed or damaged. Nothing was "
                  "changed. Put this file back from a backup of the same data directory");
}

Result<SealTable> read_seal(const std::string& directory, std::string& file) {
  SR_TRY(file, read_file(seal_path(directory), kSealFileBytesMax));
  auto table = parse_seal_table(file);
  if (!table && table.error().code() == "Seal.HostileParameters") return table;
  if (!table) return damaged(seal_path(directory));
  return table;
}

Result<void> check_mode(const std::string& directory, Mode found, Mode expected) {
  if (found == expected) return {};
  const std::string next =
      found == Mode::kDev
          ? "Start it with `strongroomd dev --data " + directory +
                "`, or name a directory made by `strongroomd init`"
          : "Start it with `strongroomd --config FILE`, or name another directory for dev mode";
  return fail(ErrorKind::kConflict, "DataDirectory.OtherMode",
              "cannot open " + directory + ": its superblock says it holds " +
                  std::string(mode_name(found)) + " data, and this server runs in " +
                  std::string(mode_name(expected)) + " mode. Nothing was changed. " + next);
}

SlotKind kind_of_secret(const SlotSecret& secret) {
  if (std::holds_alternative<FileSecret>(secret)) return SlotKind::kFile;
  if (std::holds_alternative<PassphraseSecret>(secret)) return SlotKind::kPassphrase;
  return SlotKind::kDev;
}

std::string slots_of(const SealTable& table, SlotKind kind) {
  std::string text;
  for (const Slot& slot : table.slots) {
    if (slot.kind != kind) continue;
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(slot.id));
    if (kind != SlotKind::kPassphrase)
      text.append(" with check value ").append(shown(slot.check_value));
  }
  return text;
}

std::string kinds_of(const SealTable& table) {
  std::string text;
  for (const Slot& slot : table.slots) {
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(slot.id));
    text.append(slot.kind == SlotKind::kFile  ? " (key file)"
                : slot.kind == SlotKind::kDev ? " (dev)"
                                              : " (passphrase)");
  }
  return text;
}

std::unexpected<Error> no_such_slot(const std::string& directory, const SealTable& table) {
  return fail(ErrorKind::kDenied, "Seal.NoSuchSlot",
              "cannot open " + directory +
                  ": it has no slot for this kind of secret. Its slots are " + kinds_of(table) +
                  ". Nothing was changed. Give the secret of one of these");
}

struct SlotOpened {
  SecretBytes root;
  std::uint8_t id;
};

Result<SlotOpened> open_slot(const SealTable& table, const Slot& slot, const SecretBytes& key) {
  const std::string aad = slot_aad(table.cluster, slot);
  SR_TRY(SecretBytes root, crypto::suite1_open(key, as_bytes(aad), slot.blob));
  return SlotOpened{std::move(root), slot.id};
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

Result<SlotOpened> open_with_key(const std::string& directory, const SealTable& table,
                                 const SlotSecret& secret) {
  const SlotKind kind = kind_of_secret(secret);
  const auto* file = std::get_if<FileSecret>(&secret);
  SR_TRY(const SecretBytes key,
         file != nullptr ? load_key_file(*file, directory) : load_dev_key(directory));
  const std::string found = check_value(key);
  for (const Slot& slot : table.slots) {
    if (slot.kind != kind || slot.check_value != found) continue;
    if (auto opened = open_slot(table, slot, key)) return opened;
    return damaged(seal_path(directory));
  }
  return fail(ErrorKind::kDenied, "Seal.WrongKey",
              "cannot open " + directory + ": " +
                  (file != nullptr ? file->path : dev_key_path(directory)) +
                  " holds the key with check value " + shown(found) + ", but the data needs slot " +
                  slots_of(table, kind) +
                  ". Nothing was changed. Give the key file that belongs to this directory");
}

}  // namespace

Result<void> create_key_file(const std::string& path, Random& random) {
  SR_TRY(const SecretBytes key, random_key(random));
  return write_file(path, as_chars(RecordReveal::view(key)), 0400, IfExists::kRefuse);
}

bool is_data_directory(const std::string& directory) {
  return exists(superblock_path(directory));
}

Result<Superblock> read_superblock(const std::string& directory) {
  auto file = read_file(superblock_path(directory), kSuperblockBytes);
  if (!file && file.error().kind() == ErrorKind::kNotFound) {
    return fail(ErrorKind::kNotFound, "DataDirectory.NotFound",
                "cannot open " + directory +
                    ": there is no superblock in it, so it is no data directory. Nothing was "
                    "changed. Check the path and that its volume is mounted, or make one with "
                    "`strongroomd init`");
  }
  if (!file) return std::unexpected(std::move(file).error());
  auto superblock = parse_superblock(*file);
  if (!superblock && superblock.error().kind() == ErrorKind::kCorrupt)
    return damaged(superblock_path(directory));
  return superblock;
}

Result<UnsealedDirectory> create_data_directory(const std::string& directory, Mode mode,
                                                std::span<const SlotSecret> slots, Random& random,
                                                const Clock& clock) {
  if (slots.empty() || slots.size() > kSlotsMax) {
    return fail(ErrorKind::kInvalidInput, "Seal.SlotCount",
                "a data directory has 1 to 8 seal slots: name as many secrets");
  }
  for (const SlotSecret& secret : slots) SR_CHECK_OK(check_new_slot(secret, mode));
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(system_error("cannot create the data directory", directory));
  }
  if (exists(superblock_path(directory)) || exists(seal_path(directory))) {
    return fail(ErrorKind::kConflict, "DataDirectory.Exists",
                "cannot create " + directory +
                    ": it already has a superblock or a seal. Nothing was changed. Open it, name "
                    "another directory, or, if only one of the two files is there, an earlier "
                    "creation did not finish and both may be removed");
  }
  const Superblock superblock{
      .mode = mode, .cluster = Uuid::generate(random), .created = clock.now()};
  SR_TRY(SecretBytes root, random_key(random));
  SealTable table{.cluster = superblock.cluster, .slots = {}};
  const NewSlotContext context{directory, superblock.cluster, root, random, superblock.created};
  for (const SlotSecret& secret : slots) {
    SR_TRY(Slot slot,
           make_slot(context, static_cast<std::uint8_t>(table.slots.size() + 1), secret));
    table.slots.push_back(std::move(slot));
  }
  SR_CHECK_OK(write_seal(directory, table, root, IfExists::kRefuse));
  SR_TRY(const std::string file, with_mac(root, "superblock", encode_superblock(superblock)));
  SR_CHECK_OK(write_file(superblock_path(directory), file, 0600, IfExists::kRefuse));
  return UnsealedDirectory{superblock, std::move(root), 1};
}

Result<UnsealedDirectory> open_data_directory(const std::string& directory, Mode expected,
                                              const SlotSecret& secret) {
  SR_TRY(const Superblock superblock, read_superblock(directory));
  SR_CHECK_OK(check_mode(directory, superblock.mode, expected));
  std::string seal_file;
  SR_TRY(const SealTable table, read_seal(directory, seal_file));
  const SlotKind kind = kind_of_secret(secret);
  const bool has_kind =
      std::ranges::any_of(table.slots, [kind](const Slot& slot) { return slot.kind == kind; });
  if (!has_kind) return no_such_slot(directory, table);
  const auto* passphrase = std::get_if<PassphraseSecret>(&secret);
  SR_TRY(SlotOpened opened, passphrase != nullptr
                                ? open_with_passphrase(directory, table, *passphrase)
                                : open_with_key(directory, table, secret));
  SR_TRY(const bool seal_holds, mac_holds(opened.root, "seal-table", seal_file));
  if (!seal_holds || table.cluster != superblock.cluster) return damaged(seal_path(directory));
  SR_TRY(const std::string superblock_file,
         read_file(superblock_path(directory), kSuperblockBytes));
  SR_TRY(const bool superblock_holds, mac_holds(opened.root, "superblock", superblock_file));
  if (!superblock_holds) return damaged(superblock_path(directory));
  return UnsealedDirectory{superblock, std::move(opened.root), opened.id};
}

Result<void> add_slot(const std::string& directory, const UnsealedDirectory& opened,
                      const SlotSecret& secret, Random& random, const Clock& clock) {
  SR_CHECK_OK(check_new_slot(secret, opened.superblock.mode));
  std::string file;
  SR_TRY(SealTable table, read_seal(directory, file));
  SR_TRY(const bool holds, mac_holds(opened.root, "seal-table", file));
  if (!holds) return damaged(seal_path(directory));
  if (table.slots.size() >= kSlotsMax) {
    return fail(ErrorKind::kConflict, "Seal.SlotCount",
                "a data directory has at most 8 seal slots: remove one first");
  }
  std::uint8_t id = 1;
  while (std::ranges::any_of(table.slots, [id](const Slot& slot) { return slot.id == id; })) ++id;
  const NewSlotContext context{directory, opened.superblock.cluster, opened.root, random,
                               clock.now()};
  SR_TRY(Slot slot, make_slot(context, id, secret));
  table.slots.push_back(std::move(slot));
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

Result<void> remove_slot(const std::string& directory, const UnsealedDirectory& opened,
                         std::uint8_t slot_id) {
  std::string file;
  SR_TRY(SealTable table, read_seal(directory, file));
  SR_TRY(const bool holds, mac_holds(opened.root, "seal-table", file));
  if (!holds) return damaged(seal_path(directory));
  if (table.slots.size() == 1) {
    return fail(ErrorKind::kInvalidInput, "Seal.LastSlot",
                "without a slot the data could never be opened again: add another slot first");
  }
  if (std::erase_if(table.slots, [slot_id](const Slot& slot) { return slot.id == slot_id; }) == 0) {
    return fail(
        ErrorKind::kNotFound, "Seal.NoSuchSlot",
        "there is no slot " + std::to_string(slot_id) + "; the slots are " + kinds_of(table));
  }
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

}  // namespace strongroom::barrier
