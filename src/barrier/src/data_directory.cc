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
#include "seal_file.h"
#include "slot_key.h"
#include "slot_opening.h"
#include "strongroom/base/bytes.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kSlotParametersMax = 255;
constexpr std::uint32_t kFloorPasses = 3;
constexpr std::uint32_t kFloorMemoryKib = 64U << 10;

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
  SR_CHECK_OK(wrap_root(slot, context.cluster, key, context.root, context.random));
  return slot;
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
  SR_CHECK_OK(make_directory(directory));
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
  DataKeys keys;
  SR_TRY(keys.base, random_key(random));
  SR_TRY(keys.keyring, random_key(random));
  SealTable table{.cluster = superblock.cluster,
                  .slots = {},
                  .keys = SealedKeys{.root_number = 1, .root_since = superblock.created}};
  SR_CHECK_OK(seal_keys(table, keys, root, random));
  const NewSlotContext context{directory, superblock.cluster, root, random, superblock.created};
  for (const SlotSecret& secret : slots) {
    SR_TRY(Slot slot,
           make_slot(context, static_cast<std::uint8_t>(table.slots.size() + 1), secret));
    table.slots.push_back(std::move(slot));
  }
  SR_CHECK_OK(write_seal(directory, table, root, IfExists::kRefuse));
  SR_CHECK_OK(write_superblock(directory, superblock, keys.base, IfExists::kRefuse));
  return UnsealedDirectory{superblock, std::move(root), 1, std::move(keys)};
}

Result<DirectoryFiles> read_directory_files(const std::string& directory) {
  SR_TRY([[maybe_unused]] const Superblock superblock, read_superblock(directory));
  DirectoryFiles files;
  // In this order: an upgrade writes the superblock first, and never an older one beside its seal.
  SR_TRY(files.seal, read_file(seal_path(directory), kSealFileBytesMax));
  SR_TRY(files.superblock, read_file(superblock_path(directory), kSuperblockBytes));
  return files;
}

Result<void> install_directory_files(const std::string& directory, const DirectoryFiles& files) {
  SR_CHECK_OK(make_directory(directory));
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

Result<RootFacts> root_facts(std::string_view seal_file) {
  SR_TRY(const SealTable table, parse_seal_table(seal_file));
  if (!table.keys) return RootFacts{};
  return RootFacts{.number = table.keys->root_number,
                   .since = table.keys->root_since,
                   .changing = table.keys->changing};
}

Result<UnsealedDirectory> open_directory_files(const DirectoryFiles& files, const std::string& name,
                                               Mode expected, const SlotSecret& secret) {
  auto superblock = parse_superblock(files.superblock);
  if (!superblock && superblock.error().kind() == ErrorKind::kCorrupt)
    return damaged(superblock_path(name));
  if (!superblock) return std::unexpected(std::move(superblock).error());
  SR_CHECK_OK(check_mode(name, superblock->mode, expected));
  SR_TRY(const SealTable table, parse_seal(name, files.seal));
  SR_TRY(SlotOpened opened, open_table(name, table, secret));
  SR_TRY(const bool seal_holds, mac_holds(opened.root, "seal-table", files.seal));
  if (!seal_holds || table.cluster != superblock->cluster) return damaged(seal_path(name));
  auto keys = open_keys(table, opened.root);
  if (!keys && keys.error().kind() == ErrorKind::kCorrupt) return damaged(seal_path(name));
  if (!keys) return std::unexpected(std::move(keys).error());
  // A seal of epoch 1 under a superblock of epoch 2 is an upgrade that did not finish; the other
  // way round is none.
  const bool older = superblock->format_epoch == kFirstFormatEpoch;
  SR_TRY(const bool superblock_holds, mac_holds(keys->base, "superblock", files.superblock));
  if (!superblock_holds || (older && table.keys)) return damaged(superblock_path(name));
  return UnsealedDirectory{*superblock, std::move(opened.root), opened.id, std::move(*keys)};
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
  SR_CHECK_OK(write_superblock(directory, superblock, opened.keys.base, IfExists::kReplace));
  opened.superblock = superblock;
  return {};
}

namespace {

std::unexpected<Error> no_such_id(std::uint8_t slot_id, const SealTable& table) {
  return fail(ErrorKind::kNotFound, "Seal.NoSuchSlot",
              "there is no slot " + std::to_string(slot_id) + "; the slots are " + kinds_of(table) +
                  ". Nothing was changed");
}

}  // namespace

Result<void> add_slot(const std::string& directory, const UnsealedDirectory& opened,
                      const SlotSecret& secret, Random& random, const Clock& clock) {
  SR_CHECK_OK(check_new_slot(secret, opened.superblock.mode));
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
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
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
  const auto old = std::ranges::find(table.slots, slot_id, &Slot::id);
  if (old == table.slots.end()) return no_such_id(slot_id, table);
  const NewSlotContext context{directory, opened.superblock.cluster, opened.root, making.random,
                               making.clock.now()};
  SR_TRY(*old, make_slot(context, slot_id, secret));
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

Result<void> remove_slot(const std::string& directory, const UnsealedDirectory& opened,
                         std::uint8_t slot_id) {
  SR_TRY(SealTable table, read_own_seal(directory, opened.root));
  if (table.slots.size() == 1) {
    return fail(ErrorKind::kInvalidInput, "Seal.LastSlot",
                "without a slot the data could never be opened again: add another slot first");
  }
  if (std::erase_if(table.slots, [slot_id](const Slot& slot) { return slot.id == slot_id; }) == 0)
    return no_such_id(slot_id, table);
  return write_seal(directory, table, opened.root, IfExists::kReplace);
}

}  // namespace strongroom::barrier
