#include "strongroom/audit_format/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "lines.h"

namespace strongroom::audit_format {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kProofHashesMax = 64;

std::optional<Hash> parse_hash(std::string_view base64) {
  const auto bytes = base64_decode(base64);
  Hash hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::copy(as_bytes(*bytes), hash.begin());
  return hash;
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  return checkpoint.origin + '\n' + std::to_string(checkpoint.head.size) + '\n' +
         base64_encode(checkpoint.head.root) + '\n';
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!origin || origin->empty() || !size_line || !root_line) return std::nullopt;
  while (!text.empty()) {
    const auto extension = take_line(text);
    if (!extension || extension->empty()) return std::nullopt;
  }
  const auto size = parse_decimal(*size_line);
  const auto root = parse_hash(*root_line);
  if (!size || !root) return std::nullopt;
  return Checkpoint{.origin = std::string(*origin), .head = {.size = *size, .root = *root}};
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key) {
  const auto text = open_note(note, key);
  if (!text) {
    return fail(ErrorKind::kCorrupt, "CheckpointSignature",
                "the checkpoint carries no valid signature of " + key.name);
  }
  auto checkpoint = parse_checkpoint(*text);
  if (!checkpoint || checkpoint->origin != key.name) {
    return fail(ErrorKind::kCorrupt, "CheckpointForm",
                "the checkpoint is malformed or of another log than " + key.name);
  }
  return std::move(*checkpoint);
}

std::string encode_proof(const Proof& proof) {
  std::string text(kProofHeader);
  text += '\n';
  text += kExtra;
  text += base64_encode(as_bytes(proof.entry));
  text += '\n';
  text += kIndex;
  text += std::to_string(proof.index);
  text += '\n';
  for (const Hash& hash : proof.hashes) text += base64_encode(hash) + '\n';
  text += '\n';
  text += proof.checkpoint;
  return text;
}

std::optional<Proof> parse_proof(std::string_view text) {
  Proof proof;
  if (take_line(text) != kProofHeader) return std::nullopt;
  auto line = take_line(text);
  if (line && line->starts_with(kExtra)) {
    auto entry = base64_decode(line->substr(kExtra.size()));
    if (!entry) return std::nullopt;
    proof.entry = std::move(*entry);
    line = take_line(text);
  }
  if (!line || !line->starts_with(kIndex)) return std::nullopt;
  const auto index = parse_decimal(line->substr(kIndex.size()));
  if (!index) return std::nullopt;
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    const auto hash = parse_hash(*line);
    if (!hash || proof.hashes.size() == kProofHashesMax) return std::nullopt;
    proof.hashes.push_back(*hash);
  }
  if (!line || text.size() > kNoteBytesMax) return std::nullopt;
  proof.checkpoint = std::string(text);
  return proof;
}

Result<void> verify_proof(const Proof& proof, const VerifierKey& key) {
  SR_TRY(const Checkpoint checkpoint, open_checkpoint(proof.checkpoint, key));
  if (!verify_inclusion(leaf_hash(as_bytes(proof.entry)), proof.index, checkpoint.head,
                        proof.hashes)) {
    return fail(ErrorKind::kCorrupt, "ProofDoesNotHold",
                "the entry is not entry " + std::to_string(proof.index) +
                    " of the tree that the checkpoint signs");
  }
  return {};
}

}  // namespace strongroom::audit_format
