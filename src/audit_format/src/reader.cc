#include "strongroom/audit_format/reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "entry_stream.h"
#include "file.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_format {
namespace {

constexpr std::size_t kRequestIdChars = 36;
// {"time":"2026-11-22T01:02:03.123Z","request_id":" stands at the front of every entry that has a
// request id.
constexpr std::size_t kRequestIdAt = 49;
constexpr std::string_view kRequestIdKey = ",\"request_id\":\"";

bool has_request_id(std::string_view entry, std::string_view request_id) {
  return entry.size() > kRequestIdAt + kRequestIdChars &&
         entry.substr(kRequestIdAt - kRequestIdKey.size(), kRequestIdKey.size()) == kRequestIdKey &&
         entry.substr(kRequestIdAt, request_id.size()) == request_id &&
         entry[kRequestIdAt + request_id.size()] == '"';
}

}  // namespace

Result<LogDirectory> LogDirectory::open(std::string path, std::string_view vkey) {
  SR_TRY(auto note, read_small_file(path + '/' + std::string(kCheckpointFile), kNoteBytesMax));
  std::string key_text(vkey);
  if (key_text.empty()) {
    SR_TRY(key_text, read_small_file(path + '/' + std::string(kVerifierKeyFile), kNoteBytesMax));
  }
  while (key_text.ends_with('\n')) key_text.pop_back();
  auto key = VerifierKey::parse(key_text);
  if (!key) {
    return fail(ErrorKind::kInvalidInput, "AuditVerifierKey",
                "the log's public key must look like <origin>+<8 hex digits>+<base64>");
  }
  SR_TRY(auto checkpoint, open_checkpoint(note, *key));
  return LogDirectory(std::move(path), std::move(*key), std::move(checkpoint), std::move(note));
}

Result<std::vector<std::uint64_t>> LogDirectory::volumes() const {
  return list_volumes(path_);
}

HashReader LogDirectory::hash_reader() const {
  auto opened = InputFile::open(path_ + '/' + std::string(kHashesFile));
  if (!opened) {
    return
        [error = opened.error()](std::uint64_t) -> Result<Hash> { return std::unexpected(error); };
  }
  auto file = std::make_shared<InputFile>(std::move(*opened));
  return [file](std::uint64_t position) -> Result<Hash> {
    char bytes[kHashBytes];
    SR_TRY(const std::size_t got, file->read_at(position * kHashBytes, bytes));
    if (got != sizeof bytes) {
      return damaged("the file of hashes ends before hash " + std::to_string(position));
    }
    Hash hash;
    std::ranges::copy(bytes, hash.begin());
    return hash;
  };
}

Result<std::uint64_t> LogDirectory::first_kept() const {
  auto note = read_small_file(path_ + '/' + std::string(kRetainedFile), kNoteBytesMax);
  if (!note && note.error().kind() == ErrorKind::kNotFound) return 0;
  if (!note) return std::unexpected(note.error());
  const VerifierKey key{.name = retained_key_name(key_.name), .public_key = key_.public_key};
  const auto text = open_note(*note, key);
  const auto first = text ? parse_retained(*text, key_.name) : std::nullopt;
  if (!first || *first > checkpoint_.head.size)
    return damaged("the file retained is not signed by this log's key or malformed");
  return *first;
}

Result<void> LogDirectory::for_each(std::uint64_t first,
                                    const std::function<bool(const Entry&)>& body) {
  if (first >= checkpoint_.head.size) return {};
  SR_TRY(auto listed, volumes());
  SR_TRY(const std::uint64_t kept, first_kept());
  if (first < kept && (listed.empty() || first < listed.front())) {
    return fail(ErrorKind::kNotFound, "AuditEntryNotFound",
                entry_name(first) +
                    " was dropped at the end of its time; the log keeps entries "
                    "from " +
                    std::to_string(kept) + " on");
  }
  SR_TRY(auto stream, EntryStream::open(path_, std::move(listed), first));
  const HashReader read = hash_reader();
  while (stream.index() < checkpoint_.head.size) {
    const std::uint64_t index = stream.index();
    SR_TRY(const auto text, stream.next());
    if (!text) return damaged(entry_name(index) + " is missing or cut off");
    SR_TRY(const Hash stored, read(stored_hash_index(0, index)));
    if (leaf_hash(as_bytes(*text)) != stored) {
      return damaged(entry_name(index) + " is not the one that was recorded there");
    }
    if (!body(Entry{.index = index, .text = std::string(*text)})) return {};
  }
  return {};
}

Result<Entry> LogDirectory::entry(std::uint64_t index) {
  if (index >= checkpoint_.head.size) {
    return fail(ErrorKind::kNotFound, "AuditEntryNotFound",
                "the log has " + std::to_string(checkpoint_.head.size) + " entries, from 0");
  }
  Entry found;
  SR_CHECK_OK(for_each(index, [&](const Entry& entry) {
    found = entry;
    return false;
  }));
  return found;
}

Result<Entry> LogDirectory::find(std::string_view request_id) {
  const auto missing = [] {
    return fail(ErrorKind::kNotFound, "AuditEntryNotFound", "no entry has this request id");
  };
  if (request_id.size() != kRequestIdChars) return missing();
  SR_TRY(const auto listed, volumes());
  // Newest volume first: what is asked for has usually just happened.
  for (std::size_t i = listed.size(); i-- > 0;) {
    if (listed[i] >= checkpoint_.head.size) continue;
    const std::uint64_t end = i + 1 < listed.size() ? listed[i + 1] : checkpoint_.head.size;
    SR_TRY(auto stream, EntryStream::open(path_, listed, listed[i]));
    std::optional<std::uint64_t> newest;
    while (stream.index() < std::min(end, checkpoint_.head.size)) {
      const std::uint64_t index = stream.index();
      SR_TRY(const auto text, stream.next());
      if (!text) return damaged(entry_name(index) + " is missing or cut off");
      if (has_request_id(*text, request_id)) newest = index;
    }
    if (newest) return entry(*newest);
  }
  return missing();
}

Result<std::vector<Entry>> LogDirectory::tail(std::size_t count) {
  const std::uint64_t size = checkpoint_.head.size;
  std::vector<Entry> entries;
  SR_CHECK_OK(for_each(size - std::min<std::uint64_t>(count, size), [&](const Entry& entry) {
    entries.push_back(entry);
    return true;
  }));
  return entries;
}

Result<Proof> LogDirectory::prove(std::uint64_t index) {
  SR_TRY(auto found, entry(index));
  SR_TRY(auto hashes, inclusion_proof(index, checkpoint_.head.size, hash_reader()));
  Proof proof{.index = index,
              .entry = std::move(found.text),
              .hashes = std::move(hashes),
              .checkpoint = note_};
  SR_CHECK_OK(verify_proof(proof, key_));
  return proof;
}

Result<Proof> LogDirectory::prove_newest(std::string_view entry) {
  const std::uint64_t size = checkpoint_.head.size;
  const HashReader read = hash_reader();
  const Hash leaf = leaf_hash(as_bytes(entry));
  const std::uint64_t last = size - std::min<std::uint64_t>(size, limits::kReceiptEntriesPending);
  for (std::uint64_t index = size; index-- > last;) {
    SR_TRY(const Hash stored, read(stored_hash_index(0, index)));
    if (stored != leaf) continue;
    SR_TRY(auto hashes, inclusion_proof(index, size, read));
    Proof proof{.index = index,
                .entry = std::string(entry),
                .hashes = std::move(hashes),
                .checkpoint = note_};
    SR_CHECK_OK(verify_proof(proof, key_));
    return proof;
  }
  return fail(ErrorKind::kNotFound, "AuditEntryNotFound", "the entry is not among the newest");
}

Result<std::vector<Hash>> LogDirectory::prove_consistency(std::uint64_t old_size) {
  if (old_size > checkpoint_.head.size) {
    return fail(ErrorKind::kNotFound, "AuditEntryNotFound",
                "the log has only " + std::to_string(checkpoint_.head.size) + " entries");
  }
  return consistency_proof(old_size, checkpoint_.head.size, hash_reader());
}

Result<SpoolEnd> for_each_spool_frame(
    const std::string& path, std::uint64_t number, std::uint64_t offset,
    const std::function<void(const Hash& leaf, std::string_view entry)>& body) {
  SR_TRY(auto file, InputFile::open(path));
  std::string header(kFileHeaderBytes, '\0');
  SR_TRY(const std::size_t got, file.read_at(0, header));
  const auto mark = spool_mark_of(std::string_view(header).substr(0, got), number);
  if (!mark) return damaged("the header of " + path + " is damaged");
  SpoolEnd end{.offset = offset, .mark = mark->value_or(0)};
  if (!*mark) return end;
  FrameStream frames(std::move(file), offset);
  while (true) {
    SR_TRY(const auto frame, frames.next<SpoolFrame>([&](std::string_view& rest) {
      return take_spool_frame(rest, end.mark);
    }));
    if (!frame || leaf_hash(as_bytes(frame->entry)) != frame->leaf) return end;
    body(frame->leaf, frame->entry);
    end.offset = frames.offset();
  }
}

}  // namespace strongroom::audit_format
