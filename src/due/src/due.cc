#include "strongroom/due/due.h"

#include <utility>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::due {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kTextBytesMax = 0xffff;

void append_text(std::string& out, std::string_view text) {
  SR_CHECK(text.size() <= kTextBytesMax);  // names and our own JSON: far below
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  out.append(text);
}

std::unexpected<Error> corrupt(const char* what) {
  return fail(
      ErrorKind::kCorrupt, "Due.FormatCorrupt",
      std::string(what) + " has a form this release does not know: it was written by a newer one");
}

// Takes pieces off the front; after the first shortage every piece is empty and finished() is
// false.
class Cursor {
 public:
  explicit Cursor(ByteView body) : rest_(as_chars(body)) {}

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }
  std::uint8_t u8() {
    const auto piece = take(1);
    return ok_ ? static_cast<std::uint8_t>(piece[0]) : 0;
  }
  std::uint32_t u32() {
    const auto piece = take(4);
    return ok_ ? load_u32(piece.data()) : 0;
  }
  std::uint64_t u64() {
    const auto piece = take(8);
    return ok_ ? load_u64(piece.data()) : 0;
  }
  std::string text() {
    const auto size = take(2);
    return std::string(take(ok_ ? load_u16(size.data()) : 0));
  }
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string encode(const Task& task) {
  std::string out(1, kFormat);
  out.push_back(static_cast<char>(task.kind));
  append_u64(out, task.account.number());
  out.append(task.resource.bytes());
  append_u32(out, static_cast<std::uint32_t>(task.attempts));
  append_text(out, task.name);
  return out;
}

Result<Task> decode(ByteView body) {
  Cursor in(body);
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
    case static_cast<std::uint8_t>(Kind::kRemindClientKey):
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
  append_text(out, event.name);
  append_text(out, event.resource);
  append_text(out, event.detail_json);
  return out;
}

Result<Event> decode_event(ByteView body) {
  Cursor in(body);
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
