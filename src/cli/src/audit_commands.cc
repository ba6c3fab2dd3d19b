#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "commands.h"
#include "files.h"
#include "strongroom/audit/copy.h"
#include "strongroom/audit_format/cosignature.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/time.h"
#include "strongroom/trail/access_log.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using audit_format::LogDirectory;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  return text;
}

bool exists(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0;
}

/// The log itself, or the data directory that holds it.
std::string log_directory(const std::string& given) {
  const auto inner = given + "/audit";
  const auto checkpoint = "/" + std::string(audit_format::kCheckpointFile);
  return !exists(given + checkpoint) && exists(inner + checkpoint) ? inner : given;
}

/// The key of --key, or empty.
Result<std::string> key_of(const AuditOptions& options) {
  if (options.key_file.empty()) return std::string();
  SR_TRY(const auto text, read_file(options.key_file));
  return trimmed(text);
}

Result<LogDirectory> open_log(const AuditOptions& options) {
  SR_TRY(const auto key, key_of(options));
  return LogDirectory::open(log_directory(options.directory), key);
}

int broken(Session& session, const std::string& what, const Error& error) {
  const bool bad = error.kind() == ErrorKind::kCorrupt;
  std::string next = "give the log's directory, or the server's data directory";
  if (bad) next = "keep the directory as it is and compare it with a copy; see SECURITY.md";
  if (error.code().starts_with("Malformed")) {  // nothing was compared yet
    next = "give the whole file that strongroom audit prove wrote, or the header's value in a file";
  }
  if (error.code() == "NoSuchFile") next = "correct the path";
  if (error.code() == "AuditEntryNotFound") {
    next = "check the request id; a record joins the tree within a second, so try again";
  }
  return session.failed(Failure{what, error.code() + ": " + error.message(), std::move(next),
                                "docs/formats/audit.md"},
                        bad ? kVerification : exit_code(error.kind()));
}

int print_verification(Session& session, const LogDirectory& log,
                       const audit_format::Verification& result) {
  const auto& head = log.checkpoint().head;
  if (session.format() == Format::kJson) {
    std::string json;
    JsonWriter writer(json);
    writer.begin_object();
    writer.member("Verified", !result.finding.has_value());
    writer.member("Entries", static_cast<std::int64_t>(result.entries));
    writer.member("Waiting", static_cast<std::int64_t>(result.waiting));
    writer.member("Origin", log.checkpoint().origin);
    writer.member("Root", base64_encode(ByteView(head.root)));
    writer.member("Key", log.key().text());
    if (result.finding) writer.member("Finding", result.finding->what);
    writer.end_object();
    print(json + "\n");
  } else if (!result.finding) {
    print(pairs({{"Verified", std::to_string(result.entries) + " entries, " +
                                  std::to_string(result.waiting) + " waiting"},
                 {"Log", log.checkpoint().origin},
                 {"Root", base64_encode(ByteView(head.root))},
                 {"Key", log.key().text()}}));
  }
  if (!result.finding) return kOk;
  return session.failed(
      Failure{
          "the audit log does not verify", result.finding->what,
          "keep the directory as it is and compare it with a copy; see SECURITY.md. Files that "
          "were copied one by one beside a running server do not fit together: take a copy with "
          "strongroom audit copy",
          "docs/formats/audit.md"},
      kVerification);
}

/// The text of a proof; of a receipt, what its Base64 holds.
Result<std::string> proof_text(const AuditOptions& options) {
  if (options.receipt_file.empty()) return read_file(options.proof_file);
  SR_TRY(std::string text, read_file(options.receipt_file));
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  auto decoded = base64_decode(text);
  if (decoded) return std::move(*decoded);
  return fail(ErrorKind::kCorrupt, "MalformedReceipt",
              "The file is not the value of an x-strongroom-receipt header.");
}

int verify_proof_file(Session& session, const AuditOptions& options) {
  const auto key_text = key_of(options);
  const auto text = proof_text(options);
  if (!key_text || !text) {
    return broken(session, "the proof cannot be verified",
                  !key_text ? key_text.error() : text.error());
  }
  const auto key = audit_format::VerifierKey::parse(*key_text);
  if (!key) {
    return session.misused("no key to verify with",
                           "a proof is only worth the key that it is checked with",
                           "give the log's verifier key: --key FILE");
  }
  const auto proof = audit_format::parse_proof(*text);
  const auto verdict =
      proof ? audit_format::verify_proof(*proof, *key)
            : Result<void>(fail(ErrorKind::kCorrupt, "MalformedProof", "The file is not a proof."));
  if (!verdict) return broken(session, "the proof does not hold", verdict.error());
  print(proof->entry + "\n");
  say("verified: entry " + std::to_string(proof->index) + " is in the log of " + key->name + "\n");
  return kOk;
}

/// The entry as a record of the access log, or itself.
std::string line_of(const std::string& entry, bool raw) {
  if (raw) return entry;
  std::string json;
  JsonWriter writer(json);
  writer.begin_object();
  for (const auto& [name, value] : trail::access_log_record(entry)) writer.member(name, value);
  writer.end_object();
  return json;
}

Result<audit_format::Search> search_of(const AuditOptions& options) {
  audit_format::Search search;
  search.limit = options.limit;
  search.all = trail::access_log_of_all();
  SR_TRY(auto conditions, trail::parse_query(options.query));
  std::ranges::move(conditions, std::back_inserter(search.all));
  for (const auto& [text, place] :
       {std::pair(&options.from, &search.from), std::pair(&options.to, &search.to)}) {
    if (text->empty()) continue;
    const auto time = parse_utc(*text);
    if (!time) {
      return fail(ErrorKind::kInvalidInput, "ParameterInvalid",
                  "a time looks like 2026-11-22T01:02:03Z, not \"" + *text + "\"");
    }
    *place = *time;
  }
  return search;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return fail(ErrorKind::kInvalidInput, "NoSuchFile", path + " cannot be read.");
  return text;
}

Result<std::string> audit_entry(const std::string& directory, const std::string& request_id) {
  SR_TRY(LogDirectory log, LogDirectory::open(log_directory(directory), {}));
  SR_TRY(audit_format::Entry entry, log.find(request_id));
  return std::move(entry.text);
}

Result<void> each_audit_entry(const std::string& directory,
                              const std::function<bool(const std::string& json)>& body) {
  SR_TRY(LogDirectory log, LogDirectory::open(log_directory(directory), {}));
  return log.for_each(0, [&](const audit_format::Entry& entry) { return body(entry.text); });
}

namespace {

/// The cosigned checkpoint beside the log, if the witness's signature is on it and true.
Result<std::string> witnessed_note(const AuditOptions& options) {
  SR_TRY(const std::string line, read_file(options.witness_file));
  const auto key = audit_format::WitnessKey::parse(line.substr(0, line.find('\n')));
  if (!key) {
    return fail(ErrorKind::kInvalidInput, "MalformedWitnessKey",
                options.witness_file + " holds no key of a witness");
  }
  SR_TRY(std::string note, read_file(log_directory(options.directory) + '/' +
                                     std::string(audit_format::kCosignedFile)));
  const auto when = audit_format::cosigned_at(note, *key);
  if (!when) {
    return fail(ErrorKind::kCorrupt, "NotWitnessed",
                "the checkpoint beside the log is not cosigned by " + key->name);
  }
  say("cosigned by " + key->name + " at " + format_utc(*when) + "\n");
  return note;
}

}  // namespace

int audit_verify(Session& session, const AuditOptions& options) {
  if (!options.proof_file.empty() || !options.receipt_file.empty())
    return verify_proof_file(session, options);
  if (options.directory.empty()) {
    return session.misused("it is not said which log",
                           "a log, a proof or a receipt is verified, and none was named",
                           "strongroom audit verify DIR --key FILE");
  }
  auto log = open_log(options);
  if (!log) return broken(session, "the audit log cannot be verified", log.error());
  std::string older;
  if (!options.older_file.empty()) {
    auto kept = read_file(options.older_file);
    if (!kept) return broken(session, "the kept checkpoint cannot be read", kept.error());
    older = std::move(*kept);
  }
  if (!options.witness_file.empty()) {
    auto note = witnessed_note(options);
    if (!note) return broken(session, "no witness stands by this log", note.error());
    const auto seen = log->verify(*note);
    if (!seen) return broken(session, "the audit log cannot be read", seen.error());
    if (seen->finding) return print_verification(session, *log, *seen);
  }
  const auto result = log->verify(older);
  if (!result) return broken(session, "the audit log cannot be read", result.error());
  if (options.key_file.empty()) {
    say("note: the key is the directory's own, which shows damage but not forgery; keep it "
        "elsewhere and give --key FILE\n");
  }
  return print_verification(session, *log, *result);
}

int audit_copy(Session& session, const AuditOptions& options) {
  const auto key = key_of(options);
  if (!key) return broken(session, "the audit log cannot be copied", key.error());
  const auto copied = audit::copy_log(log_directory(options.directory), options.to_directory, *key);
  if (!copied && copied.error().kind() == ErrorKind::kConflict) {
    return session.misused("nothing was copied", copied.error().message(),
                           "name a directory that is not there yet");
  }
  if (!copied) return broken(session, "the audit log cannot be copied", copied.error());
  AuditOptions made = options;
  made.directory = options.to_directory;
  return audit_verify(session, made);
}

int audit_prove(Session& session, const AuditOptions& options) {
  if (options.request_id.empty() == (options.index < 0)) {
    return session.misused("it is not said which entry",
                           "an entry is named by its request id or its number",
                           "strongroom audit prove DIR --request-id ID");
  }
  auto log = open_log(options);
  if (!log) return broken(session, "the audit log cannot be read", log.error());
  auto index = static_cast<std::uint64_t>(options.index);
  if (!options.request_id.empty()) {
    const auto entry = log->find(options.request_id);
    if (!entry)
      return broken(session, "there is no entry of request " + options.request_id, entry.error());
    index = entry->index;
  }
  const auto proof = log->prove(index);
  if (!proof)
    return broken(session, "entry " + std::to_string(index) + " cannot be proved", proof.error());
  return print(audit_format::encode_proof(*proof)) ? kOk : kError;
}

int audit_tail(Session& session, const AuditOptions& options) {
  auto log = open_log(options);
  if (!log) return broken(session, "the audit log cannot be read", log.error());
  const auto entries = log->tail(options.count);
  if (!entries) return broken(session, "the audit log cannot be read", entries.error());
  for (const auto& entry : *entries) {
    if (!print(entry.text + "\n")) return kError;
  }
  return kOk;
}

int audit_search(Session& session, const AuditOptions& options) {
  const auto search = search_of(options);
  if (!search) {
    return session.misused("this cannot be searched for", search.error().message(),
                           "strongroom audit search DIR 'access_key_id: KAAP.…'");
  }
  const auto log = open_log(options);
  if (!log) return broken(session, "the audit log cannot be read", log.error());
  const auto found = audit_format::search(*log, *search);
  if (!found) return broken(session, "the audit log cannot be searched", found.error());
  for (const auto& entry : found->entries) {
    if (!print(line_of(entry.text, options.raw) + "\n")) return kError;
  }
  if (found->entries.empty()) say("No entry fits: every word and value must be the whole one.\n");
  if (!found->complete) {
    say("note: the search was given up before the beginning of the log; name a time or a value "
        "that fewer calls have\n");
  }
  return kOk;
}

}  // namespace strongroom::cli
