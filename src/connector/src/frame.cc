// Jobs and outcomes as frames. One list of fields per value (`fields`) serves measuring, writing
// and reading, so that the three cannot disagree.

#include <cstring>
#include <limits>
#include <string>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector/job.h"

namespace strongroom::connector {
namespace {

constexpr std::string_view kJobMagic = "SRJ1";
constexpr std::string_view kOutcomeMagic = "SRO1";

std::unexpected<Error> malformed() {
  return fail(ErrorKind::kInvalidInput, "ConnectorFrame", "This is not a frame of a connector.");
}

// Adds up what Writer will write; false from ok() if a part is too long.
class Measure {
 public:
  void number(std::uint64_t) { size_ += 8; }
  void text(const std::string& value) { block(value.size()); }
  void secret(const SecretBytes& value) { block(value.size()); }
  std::size_t size() const { return size_; }
  bool ok() const { return ok_ && size_ <= limits::kConnectorFrameBytesMax; }

 private:
  void block(std::size_t size) {
    ok_ = ok_ && size <= limits::kConnectorFieldBytesMax;
    size_ += 4 + size;
  }
  std::size_t size_ = 4;
  bool ok_ = true;
};

class Writer {
 public:
  Writer(std::span<std::uint8_t> out, std::string_view magic) : out_(out) { raw(as_bytes(magic)); }
  void number(std::uint64_t value) { big_endian(value, 8); }
  void text(const std::string& value) { block(as_bytes(value)); }
  void secret(const SecretBytes& value) { block(ConnectorReveal::view(value)); }
  bool full() const { return out_.empty(); }

 private:
  void big_endian(std::uint64_t value, std::size_t width) {
    SR_CHECK(out_.size() >= width);
    for (std::size_t i = 0; i < width; ++i)
      out_[i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
    out_ = out_.subspan(width);
  }
  void block(ByteView bytes) {
    big_endian(bytes.size(), 4);
    raw(bytes);
  }
  void raw(ByteView bytes) {
    SR_CHECK(out_.size() >= bytes.size());
    if (!bytes.empty()) std::memcpy(out_.data(), bytes.data(), bytes.size());
    out_ = out_.subspan(bytes.size());
  }
  std::span<std::uint8_t> out_;
};

// Everything it hands out after the first fault is empty; ok() tells.
class Source {
 public:
  Source(ByteView bytes, std::string_view magic) : left_(bytes) {
    if (bytes.size() > limits::kConnectorFrameBytesMax || as_chars(take(4)) != magic) ok_ = false;
  }
  void number(std::uint64_t& value) {
    const ByteView bytes = take(8);
    value = bytes.empty() ? 0 : load_u64(as_chars(bytes).data());
  }
  void text(std::string& value) { value = as_chars(block()); }
  void secret(SecretBytes& value) {
    auto copy = SecretBytes::copy_of(block());
    if (copy) value = std::move(*copy);
    exhausted_ = exhausted_ || !copy;
  }
  void fault() { ok_ = false; }
  bool ok() const { return ok_; }
  bool whole() const { return ok_ && left_.empty(); }
  bool exhausted() const { return exhausted_; }

 private:
  ByteView take(std::size_t size) {
    if (!ok_ || left_.size() < size) {
      ok_ = false;
      return {};
    }
    const ByteView taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  ByteView block() {
    const ByteView length = take(4);
    if (length.empty()) return {};
    const std::uint32_t size = load_u32(as_chars(length).data());
    if (size > limits::kConnectorFieldBytesMax) ok_ = false;
    return take(size);
  }
  ByteView left_;
  bool ok_ = true;
  bool exhausted_ = false;
};

// Numbers of any other type go through here; `low` and `high` are what a reader accepts.
template <class Sink, class T>
void ranged(Sink& sink, const T& value, std::uint64_t, std::uint64_t) {
  sink.number(static_cast<std::uint64_t>(value));
}
template <class T>
void ranged(Source& source, T& value, std::uint64_t low, std::uint64_t high) {
  std::uint64_t number = 0;
  source.number(number);
  if (number < low || number > high) source.fault();
  value = source.ok() ? static_cast<T>(number) : T{};
}

template <class Sink>
void flag(Sink& sink, const std::optional<bool>& value) {
  sink.number(!value ? 2 : *value ? 1 : 0);
}
void flag(Source& source, std::optional<bool>& value) {
  std::uint64_t number = 0;
  ranged(source, number, 0, 2);
  value = number == 2 ? std::nullopt : std::optional(number == 1);
}

// Counts a list and, when reading, makes room for it.
template <class Sink, class List>
void count(Sink& sink, const List& list) {
  sink.number(list.size());
}
template <class List>
void count(Source& source, List& list) {
  std::uint64_t number = 0;
  ranged(source, number, 0, limits::kConnectorListMax);
  if (source.ok()) list.resize(number);
}

template <class Sink, class C>
void credential_fields(Sink& sink, C& credential) {
  sink.text(credential.account);
  sink.text(credential.public_part);
  sink.secret(credential.secret);
}

template <class Sink, class T>
void target_fields(Sink& sink, T& target) {
  sink.text(target.name);
  sink.text(target.address);
  sink.text(target.tls);
  sink.text(target.tls_name);
  sink.text(target.tls_roots);
  sink.text(target.tls_pin);
  sink.text(target.host_keys);
}

constexpr auto kLastKind = static_cast<std::uint64_t>(Kind::kCloudEcs);
constexpr std::uint64_t kAnyPositive = std::numeric_limits<std::int64_t>::max();

template <class Sink, class J>
void job_fields(Sink& sink, J& job) {
  sink.text(job.id);
  sink.number(job.epoch);
  ranged(sink, job.attempt, 0, std::numeric_limits<std::uint32_t>::max());
  ranged(sink, job.step, 1, 8);
  ranged(sink, job.kind, 1, kLastKind);
  sink.text(job.secret_arn);
  sink.text(job.secret_type);
  ranged(sink, job.dual, 0, 1);
  target_fields(sink, job.target);
  credential_fields(sink, job.admin);
  credential_fields(sink, job.current);
  credential_fields(sink, job.pending);
  credential_fields(sink, job.previous);
  credential_fields(sink, job.privileged);
  sink.text(job.owner_role);
  ranged(sink, job.budget_ms, 0, kAnyPositive);
  count(sink, job.options);
  for (auto& [name, value] : job.options) {
    sink.text(name);
    sink.text(value);
  }
}

template <class Sink, class F>
void facts_fields(Sink& sink, F& facts) {
  ranged(sink, facts.current, 0, 2);
  ranged(sink, facts.pending, 0, 2);
  ranged(sink, facts.previous, 0, 2);
  flag(sink, facts.grants_equal);
  flag(sink, facts.admin_may);
  ranged(sink, facts.latency_ms, 0, kAnyPositive);
  // -1 is legal here.
  ranged(sink, facts.gap_ms, 0, std::numeric_limits<std::uint64_t>::max());
  sink.text(facts.server);
  count(sink, facts.notes);
  for (auto& note : facts.notes) sink.text(note);
}

template <class Sink, class O>
void outcome_fields(Sink& sink, O& outcome) {
  ranged(sink, outcome.status, 1, 6);
  sink.text(outcome.code);
  sink.text(outcome.message);
  facts_fields(sink, outcome.facts);
  credential_fields(sink, outcome.produced);
}

template <class Value, class Fields>
Result<SecretBytes> encode_with(const Value& value, std::string_view magic, Fields fields) {
  Measure measure;
  fields(measure, value);
  if (!measure.ok())
    return fail(ErrorKind::kInvalidInput, "ConnectorFrame",
                "A part of the rotation job is too long to be sent to a connector.");
  SR_TRY(SecretBytes frame, SecretBytes::zeroed(measure.size()));
  Writer writer(ConnectorReveal::into(frame), magic);
  fields(writer, value);
  SR_CHECK(writer.full());
  return frame;
}

template <class Value, class Fields>
Result<Value> decode_with(ByteView frame, std::string_view magic, Fields fields) {
  Source source(frame, magic);
  Value value;
  fields(source, value);
  if (source.exhausted())
    return fail(ErrorKind::kExhausted, "LockedMemory", "Locked memory is used up.");
  if (!source.whole()) return malformed();
  return value;
}

constexpr auto kJobFields = [](auto& sink, auto& job) { job_fields(sink, job); };
constexpr auto kOutcomeFields = [](auto& sink, auto& outcome) { outcome_fields(sink, outcome); };

}  // namespace

Result<SecretBytes> encode(const Job& job) {
  return encode_with(job, kJobMagic, kJobFields);
}

Result<SecretBytes> encode(const Outcome& outcome) {
  return encode_with(outcome, kOutcomeMagic, kOutcomeFields);
}

Result<Job> decode_job(std::span<const std::uint8_t> frame) {
  return decode_with<Job>(frame, kJobMagic, kJobFields);
}

Result<Outcome> decode_outcome(std::span<const std::uint8_t> frame) {
  return decode_with<Outcome>(frame, kOutcomeMagic, kOutcomeFields);
}

}  // namespace strongroom::connector
