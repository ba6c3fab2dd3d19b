#include "state_sums.h"

#include <algorithm>
#include <iterator>

#include "primitives.h"
#include "row_key.h"
#include "sealed_record.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kSumsPerDeltaPart = 16'384;
constexpr std::uint64_t kCommitsPerChunk =
    58;  // 17 chunks: each is rewritten about every 1,000 commits

Sum number_of(const Digest& digest) {
  Sum sum;
  for (std::size_t i = 0; i < 4; ++i) sum.limbs[3 - i] = load_u64(as_chars(digest).data() + 8 * i);
  return sum;
}

}  // namespace

std::optional<std::uint32_t> bucket_of(std::string_view row_key) {
  if (row_key.size() >= 3 && row_key[0] == kResourceTable) {
    if (type_of(row_key) == RecordType::kSecretVersion) return std::nullopt;
    return load_u16(row_key.data() + 1);
  }
  if (const auto table = time_table_of(row_key)) {
    return kFirstTimeBucket + static_cast<std::uint32_t>(*table) - 1;
  }
  if (row_key == keyring_key()) return kKeyringBucket;
  return std::nullopt;
}

StateSums::StateSums(Keys keys, Uuid cluster, Random& random)
    : keys_(std::move(keys)),
      cluster_(cluster),
      random_(random),
      sums_(kBuckets),
      verified_(kBuckets) {}

Sum StateSums::term(std::string_view row_key, std::string_view record) const {
  const auto header = parse_header(record);
  std::string input;
  input.reserve(2 + row_key.size() + 8 + 32);
  append_u16(input, static_cast<std::uint16_t>(row_key.size()));
  input.append(row_key);
  append_u64(input, header ? header->rev : 0);  // a row that is no record still counts
  input.append(as_chars(sha256(record)));
  return number_of(hmac_sha256(keys_.state, input));
}

std::map<std::uint32_t, Sum> StateSums::new_sums(
    std::span<const store::AppliedWrite> writes) const {
  std::map<std::uint32_t, Sum> result;
  for (const store::AppliedWrite& applied : writes) {
    const auto bucket = bucket_of(applied.write->key);
    if (!bucket) continue;
    Sum& sum = result.try_emplace(*bucket, sums_[*bucket]).first->second;
    if (applied.replaced) sum.subtract(term(applied.write->key, *applied.replaced));
    if (applied.write->record) sum.add(term(applied.write->key, *applied.write->record));
  }
  return result;
}

Result<std::vector<store::Write>> StateSums::before_commit(
    store::Revision revision, std::span<const store::AppliedWrite> writes) {
  Pending pending{
      .revision = revision, .number = number_ + 1, .sums = new_sums(writes), .chunk = std::nullopt};
  std::vector<store::Write> rows;
  if (pending.sums.empty()) return rows;
  random_.fill({reinterpret_cast<std::uint8_t*>(pending.link.data()), pending.link.size()});
  SR_CHECK_OK(add_delta_rows(pending, rows));
  const std::uint64_t newest_chunk = *std::ranges::max_element(chunk_numbers_);
  if (pending.number - newest_chunk >= kCommitsPerChunk) {
    SR_CHECK_OK(add_chunk_row(pending, rows));
  }
  const std::lock_guard lock(mutex_);
  pending_ = std::move(pending);
  return rows;
}

Result<void> StateSums::add_delta_rows(Pending& pending, std::vector<store::Write>& rows) {
  const std::size_t parts = (pending.sums.size() + kSumsPerDeltaPart - 1) / kSumsPerDeltaPart;
  pending.parts = static_cast<std::uint16_t>(parts);
  auto next = pending.sums.begin();
  for (std::uint16_t part = 0; part < pending.parts; ++part) {
    Delta delta{.number = pending.number,
                .part = part,
                .parts = pending.parts,
                .link = pending.link,
                .previous = link_,
                .sums = {}};
    for (std::size_t i = 0; i < kSumsPerDeltaPart && next != pending.sums.end(); ++i, ++next) {
      delta.sums.push_back(*next);
    }
    SR_TRY(store::Write row, seal_row(kDeltaType, delta_key(pending.number, part), pending.number,
                                      encode_delta(delta)));
    rows.push_back(std::move(row));
  }
  return {};
}

std::uint16_t StateSums::oldest_chunk() const {
  const auto oldest = std::ranges::min_element(chunk_numbers_);
  return static_cast<std::uint16_t>(std::distance(chunk_numbers_.begin(), oldest));
}

// Writes the oldest chunk as it is after this commit, and removes the deltas that only it needed.
Result<void> StateSums::add_chunk_row(Pending& pending, std::vector<store::Write>& rows) {
  const std::uint16_t index = oldest_chunk();
  const std::uint32_t first = index * kBucketsPerChunk;
  Chunk chunk{.number = pending.number, .link = pending.link, .sums = {}};
  chunk.sums.resize(kBucketsPerChunk);
  for (std::uint32_t i = 0; i < kBucketsPerChunk && first + i < kBuckets; ++i) {
    const auto changed = pending.sums.find(first + i);
    chunk.sums[i] = changed == pending.sums.end() ? sums_[first + i] : changed->second;
  }
  SR_TRY(store::Write row,
         seal_row(kChunkType, chunk_key(index), pending.number, encode_chunk(chunk)));
  rows.push_back(std::move(row));
  pending.chunk = index;

  std::uint64_t needed_from = pending.number;
  for (std::uint16_t i = 0; i < kChunks; ++i) {
    if (i != index) needed_from = std::min(needed_from, chunk_numbers_[i]);
  }
  for (const DeltaName& delta : kept_) {
    if (delta.number >= needed_from) break;
    for (std::uint16_t part = 0; part < delta.parts; ++part) {
      rows.push_back({.key = delta_key(delta.number, part), .record = std::nullopt});
    }
  }
  return {};
}

void StateSums::after_commit(store::Revision revision) {
  const std::lock_guard lock(mutex_);
  if (!pending_ || pending_->revision != revision) return;
  for (const auto& [bucket, sum] : pending_->sums) {
    sums_[bucket] = sum;
    if (!verified(bucket)) changed_unverified_[bucket] = revision;
  }
  number_ = pending_->number;
  link_ = pending_->link;
  kept_.push_back({pending_->number, pending_->parts});
  if (pending_->chunk) {
    chunk_numbers_[*pending_->chunk] = pending_->number;
    const std::uint64_t needed_from = *std::ranges::min_element(chunk_numbers_);
    while (!kept_.empty() && kept_.front().number < needed_from) kept_.pop_front();
  }
  pending_.reset();
}

void StateSums::abandoned() {
  const std::lock_guard lock(mutex_);
  pending_.reset();
}

std::optional<std::vector<Sum>> StateSums::expected(std::uint32_t first, std::uint32_t last,
                                                    store::Revision revision) const {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t bucket = first; bucket < last && !changed_unverified_.empty(); ++bucket) {
    const auto changed = changed_unverified_.find(bucket);
    if (changed != changed_unverified_.end() && changed->second > revision) return std::nullopt;
  }
  std::vector<Sum> result(sums_.begin() + first, sums_.begin() + last);
  // Durable and visible already, while the commit thread has not come to after_commit yet.
  if (pending_ && pending_->revision <= revision) {
    for (const auto& [bucket, sum] : pending_->sums) {
      if (bucket >= first && bucket < last) result[bucket - first] = sum;
    }
  }
  return result;
}

void StateSums::mark_verified(std::uint32_t bucket) {
  const std::lock_guard lock(mutex_);
  changed_unverified_.erase(bucket);
  if (!verified_[bucket].exchange(true, std::memory_order_acq_rel)) {
    verified_count_.fetch_add(1, std::memory_order_relaxed);
  }
}

Result<store::Write> StateSums::seal_row(std::uint8_t type, std::string key, std::uint64_t number,
                                         std::string_view body) {
  const Place place{.type = type, .cluster = cluster_, .account = {}, .row_key = key};
  SR_TRY(std::string record,
         seal_record(keys_.meta, place,
                     {.rev = number, .resource = {}, .epoch = 0, .masked_account = 0},
                     as_bytes(body), random_));
  return store::Write{.key = std::move(key), .record = std::move(record)};
}

}  // namespace strongroom::barrier
