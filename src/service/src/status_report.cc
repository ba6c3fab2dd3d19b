#include "status_report.h"

#include <algorithm>
#include <utility>

#include "secret_readers.h"
#include "still_reading.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/trail/call_log.h"

namespace strongroom::service {
namespace {

constexpr std::int64_t kEndingMillis = 90 * kMillisPerDay;
constexpr std::int64_t kChangedMillis = 30 * kMillisPerDay;
constexpr std::int64_t kGraceMillis = 60'000;  // what fell due this long ago is overdue

/// A secret that got a new version lately.
struct Change {
  std::string secret;
  std::string previous;
  Instant since;
};

class Reporter {
 public:
  Reporter(Engines& engines, AccountId account, Instant now)
      : engines_(engines), account_(account), now_(now) {}

  Result<StatusReport> run() {
    SR_CHECK_OK(for_each(engines_.secrets.index(), &Reporter::look_at_secret));
    SR_CHECK_OK(for_each(engines_.keys.index(), &Reporter::look_at_key));
    SR_CHECK_OK(for_each(engines_.access_points.points(), &Reporter::look_at_point));
    SR_CHECK_OK(find_stragglers());
    std::ranges::sort(out_.endings, {}, &Ending::when);
    std::ranges::sort(out_.overdue, {}, &Overdue::since);
    return std::move(out_);
  }

 private:
  using Look = Result<void> (Reporter::*)(barrier::Reader&, const std::string&);

  Result<void> for_each(const NameIndex& index, Look look) {
    if (!index.ready()) return still_reading("what it holds");
    std::string last;
    std::size_t seen = 0;
    while (true) {
      const auto names = index.following(account_, last, limits::kListScanBatch);
      if (names.empty()) return {};
      if (seen >= limits::kAnalysisResourcesMax) {
        out_.complete = false;
        return {};
      }
      last = names.back();
      seen += names.size();
      SR_TRY(const auto reader, engines_.store.reader());  // what it read is held as long as it
      for (const std::string& name : names) {
        const auto looked = (this->*look)(*reader, name);
        if (!looked && looked.error().kind() != ErrorKind::kNotFound) return looked;
      }
    }
  }

  void note_end(Instant when, std::string kind, std::string name, std::string of = {}) {
    if (when == Instant{} || when.unix_ms > now_.unix_ms + kEndingMillis) return;
    out_.endings.push_back({when, std::move(kind), std::move(name), std::move(of)});
  }

  bool is_overdue(Instant when) const {
    return when != Instant{} && when.unix_ms + kGraceMillis < now_.unix_ms;
  }

  Result<void> look_at_secret(barrier::Reader& reader, const std::string& name) {
    SR_TRY(const secrets::SecretView view, engines_.secrets.view(reader, account_, name));
    ++out_.looked_at;
    note_end(view.planned_delete(), "secret", name);
    if (view.planned_delete() != Instant{}) return {};
    note_change(view, name);
    return view.type() == secrets::SecretType::kGeneric ? Result<void>{}
                                                        : look_at_rotation(reader, view, name);
  }

  Result<void> look_at_rotation(barrier::Reader& reader, const secrets::SecretView& view,
                                const std::string& name) {
    const secrets::Rotation rotation = view.rotation();
    const bool failed = rotation.automatic == secrets::Automatic::kInvalid;
    const bool late =
        rotation.automatic == secrets::Automatic::kEnabled && is_overdue(rotation.next);
    std::string why;
    Instant since = late ? rotation.next : rotation.last;
    bool last_failed = failed;
    if (engines_.rotations != nullptr) {
      SR_TRY(const rotation::Run run, engines_.rotations->run_of(reader, view.decode()));
      if (run.result == rotation::Ended::kFailed || run.reported) {
        last_failed = true;
        if (run.ended != Instant{}) since = run.ended;
      }
      why = run.code.empty() ? run.message : run.code + ": " + run.message;
    }
    if (last_failed || late) {
      out_.overdue.push_back(
          {"secret", name, last_failed ? "failed" : "overdue", since, std::move(why)});
    }
    return {};
  }

  void note_change(const secrets::SecretView& view, const std::string& name) {
    const auto current = view.find_label(secrets::kCurrent);
    const auto previous = view.find_label(secrets::kPrevious);
    if (!current || !previous) return;
    if (current->created().unix_ms + kChangedMillis < now_.unix_ms) return;
    changes_.push_back({name, std::string(previous->id()), current->created()});
  }

  Result<void> look_at_key(barrier::Reader& reader, const std::string& id) {
    SR_TRY(const keys::Key key, engines_.keys.find(reader, account_, id));
    ++out_.looked_at;
    note_end(key.delete_date, "key", id);
    if (!key.material_absent) note_end(key.material_expires, "key-material", id);
    const bool enabled = key.state == keys::KeyState::kEnabled && key.automatic_rotation == 1;
    if (enabled && is_overdue(key.next_rotation)) {
      out_.overdue.push_back({"key", id, "overdue", key.next_rotation});
    }
    return {};
  }

  Result<void> look_at_point(barrier::Reader& reader, const std::string& name) {
    SR_TRY(const aap::AccessPoint point, engines_.access_points.find_point(reader, account_, name));
    for (const std::string& id : point.client_keys) {
      SR_TRY(const aap::ClientKeyInfo key,
             engines_.access_points.find_client_key(reader, account_, id));
      note_end(key.not_after, "client-key", id, name);
    }
    return {};
  }

  // --- who is on an old version ---

  Result<void> find_stragglers() {
    if (engines_.call_log == nullptr) return {};
    std::ranges::sort(changes_, std::ranges::greater{}, &Change::since);
    if (changes_.size() > limits::kStatusLinesMax) {
      changes_.resize(limits::kStatusLinesMax);
      out_.complete = false;
    }
    for (const Change& change : changes_) {
      SR_TRY(const std::vector<SecretReader> readers,
             readers_of(*engines_.call_log, engines_.secrets.arn(account_, change.secret),
                        {now_.unix_ms - kChangedMillis}));
      for (const SecretReader& reader : readers) {
        if (reader.version_id != change.previous) continue;
        out_.stragglers.push_back({.secret = change.secret,
                                   .version = change.previous,
                                   .principal = reader.principal_name,
                                   .access_key_id = reader.access_key_id,
                                   .source_ip = reader.source_ip,
                                   .last_read = reader.time,
                                   .current_since = change.since});
      }
    }
    return {};
  }

  Engines& engines_;
  const AccountId account_;
  const Instant now_;
  StatusReport out_;
  std::vector<Change> changes_;
};

}  // namespace

Result<StatusReport> status_report(Engines& engines, AccountId account, Instant now) {
  return Reporter(engines, account, now).run();
}

}  // namespace strongroom::service
