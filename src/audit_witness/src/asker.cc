#include "strongroom/audit_witness/asker.h"

#include <optional>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"

namespace strongroom::audit_witness {
namespace {

constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200 …"

std::string_view body_of(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view() : answer.substr(end + 4);
}

std::string request_of(std::uint64_t old_size, const std::vector<audit_format::Hash>& proof,
                       const std::string& note) {
  std::string body = "old " + std::to_string(old_size) + "\n";
  for (const audit_format::Hash& hash : proof) body += base64_encode(ByteView(hash)) + "\n";
  return body + "\n" + note;
}

Result<void> replace(const std::string& path, const std::string& text) {
  if (replace_file(path, text)) return {};
  return fail(ErrorKind::kUnavailable, "WitnessFile", "cannot write " + path);
}

std::unexpected<Error> refused(std::string_view answer) {
  return fail(ErrorKind::kUnavailable, "WitnessRefused",
              "the witness said: " + std::string(answer.substr(0, answer.find('\r'))));
}

}  // namespace

Result<std::string> Asker::ask(std::size_t witness, audit_format::LogDirectory& log) {
  constexpr int kTries = 2;  // the first may only tell what the witness has seen
  std::string answer;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    SR_TRY(const auto proof, log.prove_consistency(known_[witness]));
    const std::string body = request_of(known_[witness], proof, log.checkpoint_note());
    SR_TRY(answer, notify::exchange_https(urls_[witness] + "/add-checkpoint",
                                          {.content_type = "text/plain", .body = body}, reach_));
    if (!answer.starts_with("HTTP/1.") || answer.size() <= kStatusAt) return refused(answer);
    const std::string_view status = std::string_view(answer).substr(kStatusAt, 3);
    if (status == "200") {
      known_[witness] = log.checkpoint().head.size;
      return std::string(body_of(answer));
    }
    std::string_view size_text = body_of(answer);
    if (size_text.ends_with('\n')) size_text.remove_suffix(1);
    const auto size = audit_format::parse_decimal(size_text);
    // A witness that has seen more than there is here: this log lost entries, or is another one.
    if (status != "409" || !size || *size > log.checkpoint().head.size) return refused(answer);
    known_[witness] = *size;
  }
  return refused(answer);
}

Result<void> Asker::run() {
  SR_TRY(auto log, audit_format::LogDirectory::open(directory_));
  if (log.checkpoint_note() == last_) return {};
  std::string note = log.checkpoint_note();
  std::optional<Error> failed;
  for (std::size_t i = 0; i < urls_.size(); ++i) {
    const auto line = ask(i, log);
    if (line) {
      note += *line;
    } else if (!failed) {
      failed = line.error();
    }
  }
  if (note != log.checkpoint_note()) {
    SR_CHECK_OK(replace(directory_ + "/" + std::string(audit_format::kCosignedFile), note));
  }
  if (failed) return std::unexpected(*failed);
  last_ = log.checkpoint_note();
  return {};
}

}  // namespace strongroom::audit_witness
