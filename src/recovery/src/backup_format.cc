#include "strongroom/recovery/backup_format.h"

#include <algorithm>
#include <charconv>

#include "strongroom/barrier/aad.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::recovery {
namespace {

constexpr std::uint8_t kKeyType = 0x06;
constexpr std::uint8_t kChunkType = 0x07;
constexpr std::size_t kPathBytesMax = 200;
constexpr std::size_t kLinesMax = 512;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Backup.Damaged",
              "the backup is damaged or no backup (" + std::string(what) +
                  "). Nothing was changed. Use another copy of it or an older backup");
}

void line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(" ").append(value).append("\n");
}

struct Line {
  std::string_view name;
  std::string_view value;
};

/// Lines taken in order; `failed` once something else stands there.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<Line> peek() const {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view all = rest_.substr(0, end);
    const std::size_t blank = all.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    return Line{all.substr(0, blank), all.substr(blank + 1)};
  }
  /// The value of the next line, which must have this name.
  std::string_view take(std::string_view name) {
    const auto next = peek();
    if (!next || next->name != name) {
      failed_ = true;
      return {};
    }
    rest_.remove_prefix(rest_.find('\n') + 1);
    return next->value;
  }
  bool at(std::string_view name) const {
    const auto next = peek();
    return next && next->name == name;
  }
  bool ok() const { return !failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }

  std::uint64_t number(std::string_view name) { return parse_number(take(name)); }
  std::uint64_t parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) failed_ = true;
    return value;
  }
  Uuid uuid(std::string_view name) { return parse_uuid(take(name)); }
  Uuid parse_uuid(std::string_view text) {
    const auto value = Uuid::parse(text);
    if (!value) failed_ = true;
    return value.value_or(Uuid());
  }
  std::string base64(std::string_view text) {
    auto value = base64_decode(text);
    if (!value) failed_ = true;
    return std::move(value).value_or("");
  }
  void refuse() { failed_ = true; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t blank = text.find(' ');
    found.push_back(text.substr(0, blank));
    if (blank == std::string_view::npos) return found;
    text.remove_prefix(blank + 1);
  }
}

/// Format 2 is format 1 with a key for age recipients; format 3, with either key, is of data of
/// format epoch 2, whose seal older programs take for damaged. The foot has one form.
constexpr std::string_view kSealedFormat = "1";
constexpr std::string_view kAgeFormat = "2";
constexpr std::string_view kSecondEpochFormat = "3";

std::string_view format_of(const Head& head) {
  if (head.format_epoch > barrier::kFirstFormatEpoch) return kSecondEpochFormat;
  return head.age_key.empty() ? kSealedFormat : kAgeFormat;
}

Result<void> check_version(std::string_view text, std::string_view name) {
  Lines lines(text);
  const std::string_view version = lines.take(name);
  if (!lines.ok()) return corrupt("its text");
  if (version == kSealedFormat || version == kAgeFormat || version == kSecondEpochFormat) return {};
  return fail(ErrorKind::kConflict, "Backup.OtherFormat",
              "the backup has format " + std::string(version) +
                  ", this program reads formats 1 to 3: use the release that wrote it, or a "
                  "newer one");
}

}  // namespace

std::string encode_head(const Head& head) {
  std::string out;
  line(out, "strongroom-backup", format_of(head));
  line(out, "id", head.id.lower());
  line(out, "base", head.full() ? "-" : head.base.lower());
  line(out, "cluster", head.cluster.lower());
  line(out, "mode", barrier::mode_name(head.mode));
  line(out, "format-epoch", std::to_string(head.format_epoch));
  line(out, "created", format_utc(head.created));
  line(out, "revision", std::to_string(static_cast<std::uint64_t>(head.revision)));
  line(out, "vkey", head.vkey);
  for (const barrier::SlotFacts& slot : head.slots) {
    line(out, "slot",
         std::to_string(slot.id) + ' ' + std::string(barrier::slot_kind_name(slot.kind)) + ' ' +
             slot.check_value);
  }
  line(out, "superblock", base64_encode(as_bytes(head.files.superblock)));
  line(out, "seal", base64_encode(as_bytes(head.files.seal)));
  if (head.age_key.empty()) {
    line(out, "key", base64_encode(as_bytes(head.sealed_key)));
  } else {
    line(out, "age", base64_encode(as_bytes(head.age_key)));
  }
  return out;
}

Result<Head> parse_head(std::string_view text) {
  SR_CHECK_OK(check_version(text, "strongroom-backup"));
  Lines lines(text);
  Head head;
  lines.take("strongroom-backup");
  head.id = lines.uuid("id");
  const std::string_view base = lines.take("base");
  if (base != "-") head.base = lines.parse_uuid(base);
  head.cluster = lines.uuid("cluster");
  const std::string_view mode = lines.take("mode");
  if (mode == barrier::mode_name(barrier::Mode::kDev)) {
    head.mode = barrier::Mode::kDev;
  } else if (mode != barrier::mode_name(barrier::Mode::kProduction)) {
    lines.refuse();
  }
  head.format_epoch = static_cast<std::uint16_t>(lines.number("format-epoch"));
  const auto created = parse_utc(lines.take("created"));
  head.created = created.value_or(Instant());
  head.revision = store::Revision{lines.number("revision")};
  head.vkey = lines.take("vkey");
  std::size_t slots = 0;
  while (lines.at("slot") && ++slots < kLinesMax) lines.take("slot");
  head.files.superblock = lines.base64(lines.take("superblock"));
  head.files.seal = lines.base64(lines.take("seal"));
  std::string& key = lines.at("age") ? head.age_key : head.sealed_key;
  key = lines.base64(lines.take(lines.at("age") ? "age" : "key"));
  if (!lines.finished() || !created || head.id.is_zero() || key.empty()) return corrupt("its head");
  auto facts = barrier::list_slots(head.files.seal);
  if (!facts) return corrupt("the seal in its head");
  head.slots = std::move(*facts);
  // One spelling only, so that what is shown is what is sealed.
  if (encode_head(head) != text) return corrupt("its head");
  return head;
}

std::string encode_foot(const Foot& foot) {
  std::string out;
  line(out, "strongroom-backup-end", "1");
  line(out, "id", foot.id.lower());
  line(out, "sha256", hex_encode(as_bytes(foot.sha256)));
  line(out, "chunks", std::to_string(foot.chunks));
  line(out, "rows", std::to_string(foot.rows));
  line(out, "kept", std::to_string(foot.kept));
  for (const auto& [epoch, rows] : foot.epochs) {
    line(out, "epoch", std::to_string(epoch) + ' ' + std::to_string(rows));
  }
  const AuditPosition& audit = foot.audit;
  line(out, "audit",
       std::to_string(audit.entries) + ' ' + base64_encode(as_bytes(audit.root)) + ' ' +
           std::to_string(audit.volume_first) + ' ' + std::to_string(audit.volume_bytes));
  return out;
}

Result<Foot> parse_foot(std::string_view text) {
  SR_CHECK_OK(check_version(text, "strongroom-backup-end"));
  Lines lines(text);
  Foot foot;
  lines.take("strongroom-backup-end");
  foot.id = lines.uuid("id");
  auto digest = hex_decode(lines.take("sha256"));
  foot.sha256 = std::move(digest).value_or("");
  foot.chunks = lines.number("chunks");
  foot.rows = lines.number("rows");
  foot.kept = lines.number("kept");
  while (lines.at("epoch") && foot.epochs.size() < kLinesMax) {
    const auto parts = words(lines.take("epoch"));
    if (parts.size() != 2) return corrupt("its foot");
    const auto epoch = static_cast<std::uint32_t>(lines.parse_number(parts[0]));
    foot.epochs[epoch] = lines.parse_number(parts[1]);
  }
  const auto audit = words(lines.take("audit"));
  if (audit.size() != 4) return corrupt("its foot");
  foot.audit = {.entries = lines.parse_number(audit[0]),
                .root = lines.base64(audit[1]),
                .volume_first = lines.parse_number(audit[2]),
                .volume_bytes = lines.parse_number(audit[3])};
  if (!lines.finished() || encode_foot(foot) != text) return corrupt("its foot");
  return foot;
}

std::string signing_name(Uuid cluster) {
  return "strongroom/" + cluster.lower() + "/backup";
}

void append_item(std::string& chunk, const Item& item) {
  chunk.push_back(static_cast<char>(item.kind));
  append_u16(chunk, static_cast<std::uint16_t>(item.key.size()));
  chunk.append(item.key);
  if (item.kind == ItemKind::kKept) return;
  append_u64(chunk, item.number);
  append_u32(chunk, static_cast<std::uint32_t>(item.bytes.size()));
  chunk.append(item.bytes);
}

std::optional<Item> take_item(std::string_view& rest) {
  if (rest.size() < 3) return std::nullopt;
  Item item;
  item.kind = static_cast<ItemKind>(rest[0]);
  if (item.kind != ItemKind::kRow && item.kind != ItemKind::kKept && item.kind != ItemKind::kFile)
    return std::nullopt;
  const std::size_t key = load_u16(rest.data() + 1);
  if (key == 0 || key > limits::kKeyBytesMax || rest.size() < 3 + key) return std::nullopt;
  item.key = rest.substr(3, key);
  rest.remove_prefix(3 + key);
  if (item.kind == ItemKind::kKept) return item;
  if (rest.size() < 12) return std::nullopt;
  item.number = load_u64(rest.data());
  const std::size_t size = load_u32(rest.data() + 8);
  if (size > limits::kRecordBytesMax || rest.size() < 12 + size) return std::nullopt;
  item.bytes = rest.substr(12, size);
  rest.remove_prefix(12 + size);
  return item;
}

std::string chunk_aad(Uuid cluster, Uuid id, std::uint64_t number, bool last) {
  return barrier::aad({.record_type = kChunkType,
                       .cluster = cluster,
                       .account = {},
                       .resource = id,
                       .name = {},
                       .version_id = {},
                       .field = last ? "last" : "chunk",
                       .rev = number,
                       .wrapping_key = {}});
}

std::string key_aad(Uuid cluster, Uuid id) {
  return barrier::aad({.record_type = kKeyType,
                       .cluster = cluster,
                       .account = {},
                       .resource = id,
                       .name = {},
                       .version_id = {},
                       .field = "key",
                       .rev = 0,
                       .wrapping_key = {}});
}

bool is_backed_up_path(std::string_view path) {
  if (!path.starts_with("audit/") || path.size() > kPathBytesMax) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace strongroom::recovery
