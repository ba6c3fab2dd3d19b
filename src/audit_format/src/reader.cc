#include "strongroom/audit_format/reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "file.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/base/check.h"

namespace strongroom::audit_format {
namespace {

constexpr std::size_t kRequestIdChars = 36;
// {"time":"2026-11-22T01:02:03.123Z","request_id":" stands at the front of every entry that has a
// request id.
constexpr std::size_t kRequestIdAt = 49;
constexpr std::string_view kRequestIdKey = ",\"request_id\":\"";

std::unexpected<Error> damaged(std::string what) {
  return fail(ErrorKind::kCorrupt, "AuditLogCorrupt", std::move(what));
}

std::string entry_name(std::uint64_t index) {
  return "entry " + std::to_string(index);
}

bool has_request_id(std::string_view entry, std::string_view request_id) {
  return entry.size() > kRequestIdAt + kRequestIdChars &&
         entry.substr(kRequestIdAt - kRequestIdKey.size(), kRequestIdKey.size()) == kRequestIdKey &&
         entry.substr(kRequestIdAt, request_id.size()) == request_id &&
         entry[kRequestIdAt + request_id.size()] == '"';
}

/// Entries one after the other across volumes, without judging them.
class EntryStream {
 public:
  /// Starts at the volume that holds `first` and skips to it.
  static Result<EntryStream> open(const std::string& directory, std::vector<std::uint64_t> volumes,
                                  std::uint64_t first) {
    const auto after = std::ranges::upper_bound(volumes, first);
    if (after == volumes.begin()) {
      return damaged(entry_name(first) + " is missing: there is no volume for it");
    }
    const auto volume = static_cast<std::size_t>(after - volumes.begin() - 1);
    EntryStream stream(directory, std::move(volumes));
    stream.volume_ = volume;
    SR_CHECK_OK(stream.start_volume());
    while (stream.index_ < first) {
      SR_TRY(const auto skipped, stream.next());
      if (!skipped) return damaged(entry_name(stream.index_) + " is missing");
    }
    return stream;
  }

  /// The entry and, in index(), the number behind it; nothing where entries end.
  Result<std::optional<std::string_view>> next() {
    // Where the next volume begins this one ends: bytes of a batch that was not closed may follow
    // in it.
    if (volume_ + 1 < volumes_.size() && volumes_[volume_ + 1] == index_) {
      ++volume_;
      SR_CHECK_OK(start_volume());
    }
    SR_TRY(auto entry, frames_->next<std::string_view>(&take_volume_frame));
    if (entry) ++index_;
    return entry;
  }

  std::uint64_t index() const { return index_; }

 private:
  EntryStream(std::string directory, std::vector<std::uint64_t> volumes)
      : directory_(std::move(directory)), volumes_(std::move(volumes)) {}

  Result<void> start_volume() {
    index_ = volumes_[volume_];
    const std::string name = volume_path(index_);
    SR_TRY(auto file, InputFile::open(directory_ + '/' + name));
    std::string header(kFileHeaderBytes, '\0');
    SR_TRY(const std::size_t got, file.read_at(0, header));
    if (got != header.size() || header != volume_header(index_)) {
      return damaged(entry_name(index_) + ": the header of " + name + " is damaged");
    }
    frames_ = std::make_unique<FrameStream>(std::move(file), kFileHeaderBytes);
    return {};
  }

  std::string directory_;
  std::vector<std::uint64_t> volumes_;
  std::size_t volume_ = 0;
  std::uint64_t index_ = 0;
  std::unique_ptr<FrameStream> frames_;
};

/// The hash list from its start, in order.
class HashStream {
 public:
  explicit HashStream(InputFile file) : file_(std::move(file)) {}

  Result<std::optional<Hash>> next() {
    if (at_ == filled_) {
      buffer_.resize(64U << 10);
      SR_TRY(filled_, file_.read_at(offset_, buffer_));
      offset_ += filled_;
      at_ = 0;
    }
    if (filled_ - at_ < kHashBytes) return std::optional<Hash>();
    Hash hash;
    std::ranges::copy(std::span(buffer_).subspan(at_, kHashBytes), hash.begin());
    at_ += kHashBytes;
    return std::optional<Hash>(hash);
  }

 private:
  InputFile file_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t offset_ = 0;
};

/// Damage is a finding; anything else stays an error.
Result<std::optional<Finding>> as_finding(Error error, std::optional<std::uint64_t> index) {
  if (error.kind() != ErrorKind::kCorrupt && error.kind() != ErrorKind::kNotFound) {
    return std::unexpected(std::move(error));
  }
  return std::optional(Finding{.index = index, .what = error.message()});
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
  SR_TRY(const auto names, list_directory(path_ + '/' + std::string(kEntriesDirectory)));
  std::vector<std::uint64_t> firsts;
  for (const std::string& name : names) {
    if (const auto first = parse_number20(name)) firsts.push_back(*first);
  }
  return firsts;  // 20-digit names sort as numbers
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

Result<std::optional<Finding>> LogDirectory::verify_tree(std::uint64_t& entries) {
  const TreeHead& head = checkpoint_.head;
  Frontier frontier;
  entries = 0;
  if (head.size > 0) {
    auto listed = volumes();
    if (!listed) return as_finding(std::move(listed).error(), 0);
    auto stream = EntryStream::open(path_, std::move(*listed), 0);
    if (!stream) return as_finding(std::move(stream).error(), 0);
    auto hashes_file = InputFile::open(path_ + '/' + std::string(kHashesFile));
    if (!hashes_file) return as_finding(std::move(hashes_file).error(), 0);
    HashStream hashes(std::move(*hashes_file));
    while (entries < head.size) {
      auto entry = stream->next();
      if (!entry) return as_finding(std::move(entry).error(), entries);
      if (!*entry) {
        return std::optional(Finding{.index = entries,
                                     .what = entry_name(entries) +
                                             " is missing or cut off; the checkpoint covers " +
                                             std::to_string(head.size) + " entries"});
      }
      bool leaf = true;
      std::string difference;
      Result<void> read;
      frontier.append(leaf_hash(as_bytes(**entry)), [&](const Hash& hash) {
        if (!read || !difference.empty()) return;
        auto stored = hashes.next();
        if (!stored) {
          read = std::unexpected(std::move(stored).error());
        } else if (!*stored) {
          difference = "the file of hashes ends at " + entry_name(entries);
        } else if (**stored != hash) {
          difference = leaf ? entry_name(entries) + " is not the one that was recorded there"
                            : "the hashes at or before " + entry_name(entries) + " were changed";
        }
        leaf = false;
      });
      SR_CHECK_OK(read);
      if (!difference.empty()) {
        return std::optional(Finding{.index = entries, .what = std::move(difference)});
      }
      ++entries;
    }
  }
  if (frontier.root() != head.root) {
    return std::optional(Finding{
        .index = std::nullopt,
        .what = "entries and hashes agree with each other but not with the signed checkpoint: both "
                "were rewritten"});
  }
  return std::optional<Finding>();
}

Result<std::optional<Finding>> LogDirectory::verify_older(std::string_view older) {
  SR_TRY(const Checkpoint before, open_checkpoint(older, key_));
  const TreeHead& head = checkpoint_.head;
  if (before.head.size > head.size) {
    return std::optional(Finding{.index = head.size,
                                 .what = entry_name(head.size) +
                                         " is missing: the older checkpoint covers " +
                                         std::to_string(before.head.size) +
                                         " entries, the log has " + std::to_string(head.size)});
  }
  SR_TRY(const auto proof, consistency_proof(before.head.size, head.size, hash_reader()));
  if (!verify_consistency(before.head, head, proof)) {
    return std::optional(
        Finding{.index = std::nullopt,
                .what = "the log does not continue the older checkpoint: an entry before entry " +
                        std::to_string(before.head.size) + " was changed and the log signed anew"});
  }
  return std::optional<Finding>();
}

Result<Verification> LogDirectory::verify(std::string_view older) {
  Verification verification;
  SR_TRY(verification.finding, verify_tree(verification.entries));
  if (!verification.finding && !older.empty()) {
    SR_TRY(verification.finding, verify_older(older));
  }
  const auto note = read_small_file(path_ + '/' + std::string(kResumeFile), kNoteBytesMax);
  const auto spool = list_directory(path_ + '/' + std::string(kSpoolDirectory));
  const VerifierKey resume_key{.name = resume_key_name(key_.name), .public_key = key_.public_key};
  const auto text = note ? open_note(*note, resume_key) : std::nullopt;
  const auto resume = text ? parse_resume(*text) : std::nullopt;
  if (!resume || !spool) return verification;  // a copy of the tree alone
  for (const std::string& name : *spool) {
    const auto number =
        name.size() > 2 ? parse_number20(std::string_view(name).substr(2)) : std::nullopt;
    if (!number) continue;
    std::uint64_t offset = kFileHeaderBytes;
    for (const ResumeState::Segment& segment : resume->states.front().segments) {
      if (segment.number == *number) offset = segment.offset;
    }
    const auto walked = for_each_spool_frame(
        path_ + '/' + std::string(kSpoolDirectory) + '/' + name, *number, offset,
        [&](const Hash&, std::string_view) { ++verification.waiting; });
    // A running server deletes segments that it has read.
    if (!walked && walked.error().kind() != ErrorKind::kNotFound && !verification.finding) {
      verification.finding = Finding{.index = std::nullopt, .what = walked.error().message()};
    }
  }
  return verification;
}

Result<void> LogDirectory::for_each(std::uint64_t first,
                                    const std::function<bool(const Entry&)>& body) {
  if (first >= checkpoint_.head.size) return {};
  SR_TRY(auto listed, volumes());
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

Result<std::vector<Hash>> LogDirectory::prove_consistency(std::uint64_t old_size) {
  if (old_size > checkpoint_.head.size) {
    return fail(ErrorKind::kNotFound, "AuditEntryNotFound",
                "the log has only " + std::to_string(checkpoint_.head.size) + " entries");
  }
  return consistency_proof(old_size, checkpoint_.head.size, hash_reader());
}

Result<std::uint64_t> for_each_spool_frame(
    const std::string& path, std::uint64_t number, std::uint64_t offset,
    const std::function<void(const Hash& leaf, std::string_view entry)>& body) {
  SR_TRY(auto file, InputFile::open(path));
  std::string header(kFileHeaderBytes, '\0');
  SR_TRY(const std::size_t got, file.read_at(0, header));
  // A segment whose creation was cut short holds nothing.
  if (got < header.size() || header == std::string(kFileHeaderBytes, '\0')) return offset;
  if (header != spool_header(number)) return damaged("the header of " + path + " is damaged");
  FrameStream frames(std::move(file), offset);
  std::uint64_t end = offset;
  while (true) {
    SR_TRY(const auto frame, frames.next<SpoolFrame>(&take_spool_frame));
    if (!frame || leaf_hash(as_bytes(frame->entry)) != frame->leaf) return end;
    body(frame->leaf, frame->entry);
    end = frames.offset();
  }
}

}  // namespace strongroom::audit_format
