#include "strongroom/audit_format/layout.h"

#include <algorithm>

#include "lines.h"
#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_format {
namespace {

constexpr std::string_view kVolumeMagic("SRAUDV1\0", 8);
constexpr std::string_view kSpoolMagic("SRAUDS2\0", 8);
constexpr std::string_view kFirstSpoolMagic("SRAUDS1\0", 8);  // frames without a mark
constexpr std::string_view kResumeTitle = "strongroom audit resume 1";
constexpr std::string_view kRetainedTitle = "strongroom audit retained 1";
constexpr std::size_t kResumeSegmentsMax = 1'000;
constexpr std::uint32_t kSpoolLengthMask = 0xffff;
static_assert(limits::kAuditRecordBytesMax <= kSpoolLengthMask);
static_assert(limits::kAuditSpoolSegmentsMax < kResumeSegmentsMax);

std::string number20(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

struct TwoNumbers {
  std::uint64_t first;
  std::uint64_t second;
};

/// "<word> <number> <number>"
std::optional<TwoNumbers> parse_two(std::string_view line, std::string_view word) {
  if (!line.starts_with(word) || line.size() <= word.size() || line[word.size()] != ' ') {
    return std::nullopt;
  }
  line.remove_prefix(word.size() + 1);
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto first = parse_decimal(line.substr(0, blank));
  const auto second = parse_decimal(line.substr(blank + 1));
  if (!first || !second) return std::nullopt;
  return TwoNumbers{*first, *second};
}

}  // namespace

std::string volume_path(std::uint64_t first_index) {
  return std::string(kEntriesDirectory) + '/' + number20(first_index);
}

std::string spool_path(char kind, std::uint64_t number) {
  return std::string(kSpoolDirectory) + '/' + kind + '-' + number20(number);
}

std::optional<std::uint64_t> parse_number20(std::string_view name) {
  if (name.size() != 20) return std::nullopt;
  const std::size_t first_digit = std::min(name.find_first_not_of('0'), name.size() - 1);
  return parse_decimal(name.substr(first_digit));
}

std::string volume_header(std::uint64_t first_index) {
  std::string header(kVolumeMagic);
  append_u64(header, first_index);
  return header;
}

std::string spool_header(std::uint64_t number) {
  std::string header(kSpoolMagic);
  append_u64(header, number);
  return header;
}

void append_volume_frame(std::string& out, std::string_view entry) {
  append_u32(out, static_cast<std::uint32_t>(entry.size()));
  out += entry;
}

std::optional<std::string_view> take_volume_frame(std::string_view& rest) {
  if (rest.size() < kVolumeFrameBytes) return std::nullopt;
  const std::size_t length = load_u32(rest.data());
  if (length == 0 || length > limits::kAuditRecordBytesMax ||
      length > rest.size() - kVolumeFrameBytes) {
    return std::nullopt;
  }
  const std::string_view entry = rest.substr(kVolumeFrameBytes, length);
  rest.remove_prefix(kVolumeFrameBytes + length);
  return entry;
}

std::uint16_t spool_mark(std::uint64_t number) {
  return static_cast<std::uint16_t>(number);
}

Result<std::optional<std::uint16_t>> spool_mark_of(std::string_view header, std::uint64_t number) {
  using Mark = std::optional<std::uint16_t>;
  if (header == spool_header(number)) return Mark(spool_mark(number));
  const bool started =
      header.size() == kFileHeaderBytes && header != std::string(kFileHeaderBytes, '\0');
  // A power failure may keep a new name without its header, or the reverse.
  if (!started || header.starts_with(kSpoolMagic)) return Mark();
  if (header.starts_with(kFirstSpoolMagic) && header.substr(8) == spool_header(number).substr(8)) {
    return Mark(std::uint16_t{0});
  }
  return fail(ErrorKind::kCorrupt, "AuditLogCorrupt", "the header is damaged");
}

void mark_spool_frames(std::span<char> frames, std::uint16_t mark) {
  while (!frames.empty()) {
    const std::size_t length = load_u32(frames.data()) & kSpoolLengthMask;
    frames[0] = static_cast<char>(mark >> 8);
    frames[1] = static_cast<char>(mark);
    frames = frames.subspan(kSpoolFrameBytes + length);
  }
}

std::optional<SpoolFrame> take_spool_frame(std::string_view& rest, std::uint16_t mark) {
  if (rest.size() < kSpoolFrameBytes) return std::nullopt;
  const std::uint32_t word = load_u32(rest.data());
  if (word >> 16 != mark) return std::nullopt;
  const std::size_t length = word & kSpoolLengthMask;
  if (length == 0 || length > limits::kAuditRecordBytesMax ||
      length > rest.size() - kSpoolFrameBytes) {
    return std::nullopt;
  }
  SpoolFrame frame;
  std::ranges::copy(as_bytes(rest.substr(4, kHashBytes)), frame.leaf.begin());
  frame.entry = rest.substr(kSpoolFrameBytes, length);
  rest.remove_prefix(kSpoolFrameBytes + length);
  return frame;
}

std::string resume_key_name(std::string_view origin) {
  return std::string(origin) + "/resume";
}

std::string encode_resume(const Resume& resume) {
  std::string text(kResumeTitle);
  text += '\n';
  text += resume.origin;
  text += '\n';
  for (const ResumeState& state : resume.states) {
    text += "state " + std::to_string(state.size) + '\n';
    text += "volume " + std::to_string(state.volume_first) + ' ' +
            std::to_string(state.volume_bytes) + '\n';
    for (const ResumeState::Segment& segment : state.segments) {
      text +=
          "spool " + std::to_string(segment.number) + ' ' + std::to_string(segment.offset) + '\n';
    }
  }
  return text;
}

std::optional<Resume> parse_resume(std::string_view text) {
  Resume resume;
  if (take_line(text) != kResumeTitle) return std::nullopt;
  const auto origin = take_line(text);
  if (!origin || origin->empty()) return std::nullopt;
  resume.origin = std::string(*origin);
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line) return std::nullopt;
    if (line->starts_with("state ")) {
      const auto size = parse_decimal(line->substr(6));
      const auto volume_line = take_line(text);
      if (!size || !volume_line || resume.states.size() == 2) return std::nullopt;
      const auto volume = parse_two(*volume_line, "volume");
      if (!volume) return std::nullopt;
      resume.states.push_back({.size = *size,
                               .volume_first = volume->first,
                               .volume_bytes = volume->second,
                               .segments = {}});
      continue;
    }
    const auto segment = parse_two(*line, "spool");
    if (!segment || resume.states.empty() ||
        resume.states.back().segments.size() == kResumeSegmentsMax) {
      return std::nullopt;
    }
    resume.states.back().segments.push_back({.number = segment->first, .offset = segment->second});
  }
  if (resume.states.empty()) return std::nullopt;
  return resume;
}

std::string encode_retained(std::string_view origin, std::uint64_t first_kept) {
  return std::string(kRetainedTitle) + '\n' + std::string(origin) + '\n' +
         std::to_string(first_kept) + '\n';
}

std::optional<std::uint64_t> parse_retained(std::string_view text, std::string_view origin) {
  const std::string front = std::string(kRetainedTitle) + '\n' + std::string(origin) + '\n';
  if (!text.starts_with(front) || !text.ends_with('\n')) return std::nullopt;
  text.remove_prefix(front.size());
  if (text.empty()) return std::nullopt;
  return parse_decimal(text.substr(0, text.size() - 1));
}

std::string retained_key_name(std::string_view origin) {
  return std::string(origin) + "/retained";
}

}  // namespace strongroom::audit_format
