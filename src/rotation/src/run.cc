#include "strongroom/rotation/run.h"

#include <flatbuffers/flatbuffers.h>

#include "records.h"
#include "rotation_generated.h"
#include "strongroom/barrier/flat_record.h"

namespace strongroom::rotation {
namespace {

constexpr std::uint16_t kFormat = 1;

std::unexpected<Error> malformed() {
  return fail(ErrorKind::kCorrupt, "CorruptRecord", "A rotation's record is malformed.");
}

template <class T>
const T* verified(ByteView body) {
  flatbuffers::Verifier verifier(body.data(), body.size());
  if (!verifier.VerifyBuffer<T>(nullptr)) return nullptr;
  const T* root = flatbuffers::GetRoot<T>(body.data());
  return root->format() == kFormat ? root : nullptr;
}

}  // namespace

std::string encode(const Run& run) {
  flatbuffers::FlatBufferBuilder builder(512);
  std::vector<flatbuffers::Offset<flatbuffers::String>> accounts;
  for (const std::string& account : run.accounts) accounts.push_back(builder.CreateString(account));
  std::vector<flatbuffers::Offset<flatbuffers::String>> findings;
  for (const std::string& finding : run.findings) findings.push_back(builder.CreateString(finding));
  return barrier::finish_flat(
      builder,
      fb::CreateRunDirect(
          builder, kFormat, run.account.number(), run.name.c_str(), run.id.c_str(),
          static_cast<std::uint8_t>(run.phase), run.automatic, run.attempt, run.rounds, run.touched,
          run.cancelled, run.reported, run.promoted, run.leased, run.epoch, run.lease_until.unix_ms,
          run.next_at.unix_ms, run.started.unix_ms, run.ended.unix_ms, run.overlap_ms,
          static_cast<std::uint8_t>(run.result), run.code.c_str(), run.message.c_str(), run.gap_ms,
          &accounts, static_cast<std::uint8_t>(run.purpose), run.drifted, run.window.c_str(),
          run.exposed.unix_ms, run.started_by.c_str(), run.has_twin, run.unproven, &findings));
}

Result<Run> decode_run(ByteView body) {
  const auto* stored = verified<fb::Run>(body);
  if (stored == nullptr || stored->phase() > static_cast<int>(Phase::kCreate) ||
      stored->result() > static_cast<int>(Ended::kCancelled) ||
      stored->purpose() > static_cast<int>(Purpose::kAdopt)) {
    return malformed();
  }
  Run run;
  run.account = AccountId(stored->account());
  run.name = stored->name()->str();
  run.id = stored->id()->str();
  run.phase = static_cast<Phase>(stored->phase());
  run.automatic = stored->automatic();
  run.attempt = stored->attempt();
  run.rounds = stored->rounds();
  run.touched = stored->touched();
  run.cancelled = stored->cancelled();
  run.reported = stored->reported();
  run.promoted = stored->promoted();
  run.leased = stored->leased();
  run.epoch = stored->epoch();
  run.lease_until = {stored->lease_until()};
  run.next_at = {stored->next_at()};
  run.started = {stored->started()};
  run.ended = {stored->ended()};
  run.overlap_ms = stored->overlap_ms();
  run.result = static_cast<Ended>(stored->result());
  run.code = stored->code()->str();
  run.message = stored->message()->str();
  run.gap_ms = stored->gap_ms();
  if (stored->accounts() != nullptr) {
    for (const auto* account : *stored->accounts()) run.accounts.push_back(account->str());
  }
  run.purpose = static_cast<Purpose>(stored->purpose());
  run.drifted = stored->drifted();
  if (stored->window() != nullptr) run.window = stored->window()->str();
  run.exposed = {stored->exposed()};
  if (stored->started_by() != nullptr) run.started_by = stored->started_by()->str();
  run.has_twin = stored->has_twin();
  run.unproven = stored->unproven();
  if (stored->findings() != nullptr) {
    for (const auto* finding : *stored->findings()) run.findings.push_back(finding->str());
  }
  return run;
}

std::string encode_holder(const std::string& secret) {
  flatbuffers::FlatBufferBuilder builder(128);
  return barrier::finish_flat(builder,
                              fb::CreateTargetHolderDirect(builder, kFormat, secret.c_str()));
}

Result<std::string> decode_holder(ByteView body) {
  const auto* stored = verified<fb::TargetHolder>(body);
  if (stored == nullptr) return malformed();
  return stored->secret()->str();
}

}  // namespace strongroom::rotation
