#pragma once
// Names and frames of the log's files (docs/formats/audit.md). Pure, thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/merkle.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_format {

inline constexpr std::string_view kLockFile = "lock";
inline constexpr std::string_view kVerifierKeyFile = "vkey";
inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kCosignedFile = "cosigned";  // the checkpoint a witness signed
inline constexpr std::string_view kResumeFile = "resume";
inline constexpr std::string_view kRetainedFile = "retained";
inline constexpr std::string_view kHashesFile = "hashes";
inline constexpr std::string_view kEntriesDirectory = "entries";
inline constexpr std::string_view kSpoolDirectory = "spool";

inline constexpr std::size_t kFileHeaderBytes = 16;  // of volumes and spool segments
inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kVolumeFrameBytes = 4;  // in front of an entry
inline constexpr std::size_t kSpoolFrameBytes = 4 + kHashBytes;

/// "entries/<first index>", relative to the log's directory; the 20-digit name alone is what
/// parse_number20 reads.
std::string volume_path(std::uint64_t first_index);
/// "spool/r-<number>" or "spool/c-<number>".
std::string spool_path(char kind, std::uint64_t number);
/// 20 decimal digits, else nothing.
std::optional<std::uint64_t> parse_number20(std::string_view name);

/// The first 16 bytes of a file.
std::string volume_header(std::uint64_t first_index);
std::string spool_header(std::uint64_t number);

/// Stands above the length of each frame of segment `number`, so that the frames of a segment whose
/// file it took over are not taken for its own.
std::uint16_t spool_mark(std::uint64_t number);
/// What the frames of the file of segment `number` carry, by its first 16 bytes: its mark, or 0 in
/// the first form of the file. Nothing if the file holds no frame of this segment: it was being
/// made, or taken over, when the server stopped. kCorrupt for any other header.
Result<std::optional<std::uint16_t>> spool_mark_of(std::string_view header, std::uint64_t number);

/// Appends a volume's frame.
void append_volume_frame(std::string& out, std::string_view entry);
/// Takes the entry at the front of `rest` off it. Nothing if it is not all there or its length is
/// out of bounds.
std::optional<std::string_view> take_volume_frame(std::string_view& rest);

struct SpoolFrame {
  Hash leaf;
  std::string_view entry;
};
/// The frame at the front of `rest`, taken off it. Nothing at the end of what was written under
/// `mark`. Does not check the hash.
std::optional<SpoolFrame> take_spool_frame(std::string_view& rest, std::uint16_t mark);
/// Writes the mark into each of `frames`, which are whole.
void mark_spool_frames(std::span<char> frames, std::uint16_t mark);

/// Where the server goes on: one state of the resume file.
struct ResumeState {
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t offset = 0;
    bool operator==(const Segment&) const = default;
  };
  std::uint64_t size = 0;  // entries in the tree
  std::uint64_t volume_first = 0;
  std::uint64_t volume_bytes = 0;  // header included
  std::vector<Segment> segments;
  bool operator==(const ResumeState&) const = default;
};
struct Resume {
  std::string origin;
  std::vector<ResumeState> states;  // one or two, the newest first
};
std::string encode_resume(const Resume& resume);
/// Nothing if malformed.
std::optional<Resume> parse_resume(std::string_view text);
/// The name under which the log's key signs the resume file.
std::string resume_key_name(std::string_view origin);

/// The text that says from which entry on the log is kept, and the name under which it is signed.
std::string encode_retained(std::string_view origin, std::uint64_t first_kept);
/// Nothing if malformed or of another log.
std::optional<std::uint64_t> parse_retained(std::string_view text, std::string_view origin);
std::string retained_key_name(std::string_view origin);

}  // namespace strongroom::audit_format
