#include "strongroom/audit_witness/witness.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::audit_witness {
namespace {

using audit_format::Hash;
using audit_format::TreeHead;

/// old <size>, hashes of a consistency proof, an empty line, the signed checkpoint.
struct Asked {
  std::uint64_t old_size = 0;
  std::vector<Hash> proof;
  std::string_view note;
};

std::unexpected<Error> malformed() {
  return fail(ErrorKind::kInvalidInput, "MalformedRequest",
              "The body must be: old <size>, the hashes of a consistency proof, an empty line, and "
              "the signed checkpoint.");
}

std::optional<Hash> hash_of(std::string_view base64) {
  const auto bytes = base64_decode(base64);
  Hash hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::transform(*bytes, hash.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return hash;
}

Result<Asked> read(std::string_view body) {
  constexpr std::string_view kOld = "old ";
  if (body.size() > limits::kWitnessBodyBytesMax || !body.starts_with(kOld)) return malformed();
  Asked out;
  bool first = true;
  while (true) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) return malformed();
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (first) {
      const auto size = audit_format::parse_decimal(line.substr(kOld.size()));
      if (!size) return malformed();
      out.old_size = *size;
      first = false;
    } else if (line.empty()) {
      out.note = body;
      return out;
    } else {
      const auto hash = hash_of(line);
      if (!hash || out.proof.size() == limits::kWitnessHashesMax) return malformed();
      out.proof.push_back(*hash);
    }
  }
}

std::unexpected<Error> disk_refuses(const std::string& path) {
  return fail(ErrorKind::kUnavailable, "WitnessFile", "cannot write " + path);
}

}  // namespace

Result<std::vector<audit_format::VerifierKey>> read_logs(const std::string& file) {
  std::ifstream lines(file);
  std::vector<audit_format::VerifierKey> out;
  const auto refuse = [&file](const std::string& why) {
    return fail(ErrorKind::kInvalidInput, "WitnessLogs", file + " " + why);
  };
  if (!lines) return refuse("cannot be read.");
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    auto key = audit_format::VerifierKey::parse(line);
    if (!key) return refuse("has a line that is no verifier key of a log.");
    out.push_back(std::move(*key));
  }
  if (out.size() > limits::kWitnessedLogsMax) return refuse("names too many logs.");
  return out;
}

std::string Witness::file_of(std::string_view origin) const {
  constexpr std::size_t kChars = 32;
  return settings_.directory + "/witness-" +
         hex_encode(crypto::sha256(as_bytes(origin))).substr(0, kChars);
}

Result<TreeHead> Witness::last_of(std::string_view origin) const {
  const std::string path = file_of(origin);
  const auto text = read_file(path, limits::kWitnessMemoryBytesMax);
  if (!text && errno == ENOENT) return TreeHead{};  // never cosigned
  // Nothing is cosigned on the word of a file that cannot be read or is damaged: that could be a
  // second history.
  if (!text) return fail(ErrorKind::kUnavailable, "WitnessFile", "cannot read " + path);
  std::string_view rest = *text;
  const auto next_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  const auto size = audit_format::parse_decimal(next_line());
  const auto root = hash_of(next_line());
  if (size && root) return TreeHead{*size, *root};
  return fail(ErrorKind::kUnavailable, "WitnessFile", path + " is damaged.");
}

Result<void> Witness::keep(std::string_view origin, const TreeHead& head) const {
  const std::string path = file_of(origin);
  const std::string text =
      std::to_string(head.size) + "\n" + base64_encode(ByteView(head.root)) + "\n";
  if (!replace_file(path, text)) return disk_refuses(path);
  return {};
}

Result<std::string> Witness::add_checkpoint(std::string_view body, Instant now) {
  SR_TRY(const Asked asked, read(body));
  const auto claimed = audit_format::parse_checkpoint(audit_format::note_text(asked.note));
  if (!claimed) return malformed();
  const auto log =
      std::ranges::find(settings_.logs, claimed->origin, &audit_format::VerifierKey::name);
  if (log == settings_.logs.end())
    return fail(ErrorKind::kNotFound, "UnknownLog", "This witness does not watch that log.");
  const auto opened = audit_format::open_checkpoint(asked.note, *log);
  if (!opened)
    return fail(ErrorKind::kDenied, "NotSigned", "The checkpoint is not signed by its log.");
  const TreeHead& head = opened->head;
  if (asked.old_size > head.size) return malformed();
  const std::lock_guard lock(mutex_);
  SR_TRY(const TreeHead last, last_of(opened->origin));
  const bool same_size = last.size == head.size && last.root != head.root;
  if (asked.old_size != last.size || same_size)
    return fail(ErrorKind::kConflict, "AnotherTree", std::to_string(last.size));
  const bool continues = last.size == head.size
                             ? asked.proof.empty()
                             : audit_format::verify_consistency(last, head, asked.proof);
  if (!continues)
    return fail(ErrorKind::kCorrupt, "NotContinued", "The tree does not continue the last one.");
  SR_CHECK_OK(keep(opened->origin, head));
  return audit_format::cosign(audit_format::note_text(asked.note), settings_.name, now, signer_);
}

int status_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalidInput:
      return 400;
    case ErrorKind::kDenied:
      return 403;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kCorrupt:
      return 422;
    default:
      return 503;
  }
}

}  // namespace strongroom::audit_witness
