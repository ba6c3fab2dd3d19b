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
constexpr std::size_t kSlotParametersMax = 255;
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
  if (std::holds_alternative<AskedSecret>(secret)) {
    return fail(ErrorKind::kInvalidInput, "Seal.SlotKey", "that secret opens slots and makes none");
  }
  if (std::holds_alternative<DevSecret>(secret) && mode != Mode::kDev) {
    return fail(
        ErrorKind::kInvalidInput, "Seal.DevSlot",
        "cannot make a dev slot in production mode: its key would lie beside the data. Nothing was "
        "changed. Use a key file or a passphrase");
  }
  if (const auto* key = std::get_if<KeySecret>(&secret)) {
    if (key->key.size() == kKeyBytes && key->parameters.size() <= kSlotParametersMax) return {};
    return fail(ErrorKind::kInvalidInput, "Seal.SlotKey",
                "a slot's key has 32 bytes, and what describes it at most 255");
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
  if (const auto* key = std::get_if<KeySecret>(&secret)) {
    slot.kind = key->kind;
    slot.parameters = key->parameters;
    return SecretBytes::copy_of(RecordReveal::view(key->key));
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
  Slot slot{.id = id, .created = context.now, .salt = {}, .cost = {}, .parameters = {}, .blob = {}};
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

Result<SealTable> parse_seal(const std::string& directory, std::string_view file) {
  auto table = parse_seal_table(file);
  if (!table && table.error().code() == "Seal.HostileParameters") return table;
  if (!table) return damaged(seal_path(directory));
  return table;
}

Result<SealTable> read_seal(const std::string& directory, std::string& file) {
  SR_TRY(file, read_file(seal_path(directory), kSealFileBytesMax));
  return parse_seal(directory, file);
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

std::string kinds_of(const SealTable& table) {
  std::string text;
  for (const Slot& slot : table.slots) {
    if (!text.empty()) text.append(", ");
    text.append(std::to_string(slot.id));
    text.append(" (").append(slot_kind_name(slot.kind)).append(")");
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

Result<SlotOpened> open_table(const std::string& directory, const SealTable& table,
                              const SlotSecret& secret) {
  if (const auto* passphrase = std::get_if<PassphraseSecret>(&secret))
    return open_with_passphrase(directory, table, *passphrase);
  if (const auto* asked = std::get_if<AskedSecret>(&secret))
    return open_by_asking(directory, table, *asked);
  return open_with_key(directory, table, secret);
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

Result<DirectoryFiles> read_directory_files(const std::string& directory) {
  SR_TRY([[maybe_unused]] const Superblock superblock, read_superblock(directory));
  DirectoryFiles files;
  SR_TRY(files.superblock, read_file(superblock_path(directory), kSuperblockBytes));
  SR_TRY(files.seal, read_file(seal_path(directory), kSealFileBytesMax));
  return files;
}

Result<void> install_directory_files(const std::string& directory, const DirectoryFiles& files) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(system_error("cannot create the data directory", directory));
  }
  SR_CHECK_OK(write_file(seal_path(directory), files.seal, 0600, IfExists::kRefuse));
  return write_file(superblock_path(directory), files.superblock, 0600, IfExists::kRefuse);
}

Result<std::vector<SlotFacts>> list_slots(std::string_view seal_file) {
  SR_TRY(const SealTable table, parse_seal_table(seal_file));
  std::vector<SlotFacts> facts;
  for (const Slot& slot : table.slots) {
    facts.push_back(
        {.id = slot.id,
         .kind = slot.kind,
         .created = slot.created,
         .check_value = slot.kind == SlotKind::kPassphrase ? "-" : shown(slot.check_value),
         .parameters = slot.parameters});
  }
  return facts;
}

Result<SecretBytes> derive_from_root(const SecretBytes& root, std::string_view label) {
  return kdf(root, "derive:" + std::string(label));
}

Result<UnsealedDirectory> open_directory_files(const DirectoryFiles& files, const std::string& name,
                                               Mode expected, const SlotSecret& secret) {
  auto superblock = parse_superblock(files.superblock);
  if (!superblock && superblock.error().kind() == ErrorKind::kCorrupt)
    return damaged(superblock_path(name));
  if (!superblock) return std::unexpected(std::move(superblock).error());
  SR_CHECK_OK(check_mode(name, superblock->mode, expected));
  SR_TRY(const SealTable table, parse_seal(name, files.seal));
  const SlotKind kind = kind_of_secret(secret);
  const bool has_kind = std::ranges::any_of(
      table.slots, [kind](const Slot& slot) { return opens_kind(kind, slot.kind); });
  if (!has_kind) return no_such_slot(name, table);
  SR_TRY(SlotOpened opened, open_table(name, table, secret));
  SR_TRY(const bool seal_holds, mac_holds(opened.root, "seal-table", files.seal));
  if (!seal_holds || table.cluster != superblock->cluster) return damaged(seal_path(name));
  SR_TRY(const bool superblock_holds, mac_holds(opened.root, "superblock", files.superblock));
  if (!superblock_holds) return damaged(superblock_path(name));
  return UnsealedDirectory{*superblock, std::move(opened.root), opened.id};
}

Result<UnsealedDirectory> open_data_directory(const std::string& directory, Mode expected,
                                              const SlotSecret& secret) {
  SR_TRY(const DirectoryFiles files, read_directory_files(directory));
  return open_directory_files(files, directory, expected, secret);
}

Result<void> begin_lineage(const std::string& directory, UnsealedDirectory& opened,
                           Random& random) {
  Superblock superblock = opened.superblock;
  superblock.lineage = Uuid::generate(random);
  SR_TRY(const std::string file,
         with_mac(opened.root, "superblock", encode_superblock(superblock)));
  SR_CHECK_OK(write_file(superblock_path(directory), file, 0600, IfExists::kReplace));
  opened.superblock = superblock;
  return {};
}

namespace {

std::unexpected<Error> no_such_id(std::uint8_t slot_id, const SealTable& table) {
  return fail(ErrorKind::kNotFound, "Seal.NoSuchSlot",
              "there is no slot " + std::to_string(slot_id) + "; the slots are " + kinds_of(table) +
                  ". Nothing was changed");
}

Result<SealTable> read_own_seal(const std::string& directory, const UnsealedDirectory& opened) {
  std::string file;
  SR_TRY(SealTable table, read_seal(directory, file));
  SR_TRY(const bool holds, mac_holds(opened.root, "seal-table", file));
  if (!holds) return damaged(seal_path(directory));
  return table;
}

}  // namespace

Result<void> add_slot(const std::string& directory, const UnsealedDirectory& opened,
                      const SlotSecret& secret, Random& random, const Clock& clock) {
  SR_CHECK_OK(check_new_slot(secret, opened.superblock.mode));
  SR_TRY(SealTable table, read_own_seal(directory, opened));
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

Result<void> replace_slot(const std::string& directory, const UnsealedDirectory& opened,
                          std::uint8_t slot_id, const SlotSecret& secret,
                          const SlotMaking& making) {
  SR_CHECK_OK(check_new_slot(secret, opened.superblock.mode));
  SR_TRY(SealTable table, read_own_seal(directory, opened));
  const auto old = std::ranges::find(table.slots, slot_id, &Slot::id);
  if (old == table.slots.end()) return no_such_id(slot_id, table);
  const NewSlotContext context{directory, opened.superblock.cluster, opened.root, making.random,
                               making.clock.now()};
  SR_TRY(*old, make_slot(context, slot_id, secret));
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

Result<void> remove_slot(const std::string& directory, const UnsealedDirectory& opened,
                         std::uint8_t slot_id) {
  SR_TRY(SealTable table, read_own_seal(directory, opened));
  if (table.slots.size() == 1) {
    return fail(ErrorKind::kInvalidInput, "Seal.LastSlot",
                "without a slot the data could never be opened again: add another slot first");
  }
  if (std::erase_if(table.slots, [slot_id](const Slot& slot) { return slot.id == slot_id; }) == 0)
    return no_such_id(slot_id, table);
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

}  // namespace strongroom::barrier
