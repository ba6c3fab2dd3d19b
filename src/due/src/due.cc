#include "strongroom/due/due.h"

#include <utility>

#include "strongroom/base/bytes.h"
#include "strongroom/base/field_cursor.h"

namespace strongroom::due {
namespace {

constexpr char kFormat = 1;

std::unexpected<Error> corrupt(const char* what) {
  return fail(
      ErrorKind::kCorrupt, "Due.FormatCorrupt",
      std::string(what) + " has a form this release does not know: it was written by a newer one");
}

}  // namespace

std::string encode(const Task& task) {
  std::string out(1, kFormat);
  out.push_back(static_cast<char>(task.kind));
  append_u64(out, task.account.number());
  out.append(task.resource.bytes());
  append_u32(out, static_cast<std::uint32_t>(task.attempts));
  append_text16(out, task.name);
  return out;
}

Result<Task> decode(ByteView body) {
  FieldCursor in(body);
  const bool known_format = in.u8() == kFormat;
  const std::uint8_t kind = in.u8();
  Task task{};
  task.account = AccountId(in.u64());
  task.resource = Uuid::from_bytes(in.take(16));
  task.attempts = static_cast<std::int32_t>(in.u32());
  task.name = in.text();
  if (!known_format || !in.finished() || task.attempts < 0) return corrupt("a due row");
  switch (kind) {
    case static_cast<std::uint8_t>(Kind::kPurgeSecret):
    case static_cast<std::uint8_t>(Kind::kDeleteKey):
    case static_cast<std::uint8_t>(Kind::kRotateKey):
    case static_cast<std::uint8_t>(Kind::kExpireKeyMaterial):
    case static_cast<std::uint8_t>(Kind::kRotateSecret):
    case static_cast<std::uint8_t>(Kind::kLookAtTarget):
    case static_cast<std::uint8_t>(Kind::kRemindClientKey):
    case static_cast<std::uint8_t>(Kind::kRemindInstance):
    case static_cast<std::uint8_t>(Kind::kRotateKeyring):
      task.kind = static_cast<Kind>(kind);
      return task;
    default:
      return corrupt("a due row");
  }
}

void schedule(barrier::Transaction& transaction, Instant when, const Task& task) {
  transaction.put_timed(barrier::TimeTable::kDue, when, as_bytes(encode(task)));
}

std::string encode(const Event& event) {
  std::string out(1, kFormat);
  append_u64(out, event.account.number());
  append_text16(out, event.name);
  append_text16(out, event.resource);
  append_text16(out, event.detail_json);
  return out;
}

Result<Event> decode_event(ByteView body) {
  FieldCursor in(body);
  const bool known_format = in.u8() == kFormat;
  Event event;
  event.account = AccountId(in.u64());
  event.name = in.text();
  event.resource = in.text();
  event.detail_json = in.text();
  if (!known_format || !in.finished()) return corrupt("an event");
  return event;
}

void record(barrier::Transaction& transaction, Instant when, const Event& event) {
  const std::string body = encode(event);
  transaction.put_timed(barrier::TimeTable::kEvent, when, as_bytes(body));
  transaction.put_timed(barrier::TimeTable::kOutbox, when, as_bytes(body));
}

}  // namespace strongroom::due
