// The stored form of the state sums: writing an empty store's table, and putting table and deltas
// together at start.

#include <algorithm>

#include "reveal.h"
#include "row_key.h"
#include "sealed_record.h"
#include "state_sums.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kDeltasPerScan = 256;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Barrier.StateCorrupt",
              "the state sums of the data do not fit together (" + std::string(what) +
                  "): part of the store is missing, older than the rest, or damaged. Nothing was "
                  "changed. Keep the data directory as it is and restore from a backup");
}

}  // namespace

struct StateSums::History {
  std::vector<Chunk> chunks;
  struct Entry {
    std::uint64_t number;
    std::uint16_t parts;
    std::uint16_t seen;
    Link link;
    Link previous;
    std::vector<std::pair<std::uint32_t, Sum>> sums;
  };
  std::vector<Entry> deltas;  // numbers without gaps
};

Result<std::string> StateSums::open_row(std::uint8_t type, std::string_view key,
                                        std::string_view record) const {
  const Place place{.type = type, .cluster = cluster_, .account = {}, .row_key = key};
  auto opened = open_record(keys_.meta, place, record);
  if (!opened) return corrupt("a row does not open");
  return std::string(as_chars(RecordReveal::view(opened->padded).first(opened->size)));
}

Result<std::vector<store::Write>> StateSums::initial_rows() {
  std::vector<store::Write> rows;
  const Chunk empty{.number = 0, .link = {}, .sums = std::vector<Sum>(kBucketsPerChunk)};
  const std::string body = encode_chunk(empty);
  for (std::uint16_t i = 0; i < kChunks; ++i) {
    SR_TRY(store::Write row, seal_row(kChunkType, chunk_key(i), 0, body));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> StateSums::load(const store::Snapshot& snapshot) {
  History history;
  SR_CHECK_OK(load_chunks(snapshot, history));
  SR_CHECK_OK(load_deltas(snapshot, history));
  return join(history);
}

Result<void> StateSums::load_chunks(const store::Snapshot& snapshot, History& history) {
  for (std::uint16_t i = 0; i < kChunks; ++i) {
    const std::string key = chunk_key(i);
    SR_TRY(const auto row, snapshot.get(key));
    if (!row) return corrupt("a chunk of the table is missing");
    SR_TRY(const std::string body, open_row(kChunkType, key, row->record));
    SR_TRY(Chunk chunk, parse_chunk(body));
    history.chunks.push_back(std::move(chunk));
  }
  return {};
}

Result<void> StateSums::load_deltas(const store::Snapshot& snapshot, History& history) {
  std::string from = deltas_begin();
  const std::string end = deltas_end();
  while (true) {
    SR_TRY(const auto rows, snapshot.scan(from, end, kDeltasPerScan));
    for (const store::Row& row : rows) {
      SR_TRY(const std::string body, open_row(kDeltaType, row.key, row.record));
      SR_TRY(Delta delta, parse_delta(body));
      SR_CHECK_OK(take_delta(std::move(delta), history));
    }
    if (rows.size() < kDeltasPerScan) break;
    from = rows.back().key + '\0';
  }
  if (!history.deltas.empty() && history.deltas.back().seen != history.deltas.back().parts) {
    return corrupt("part of a delta is missing");
  }
  return {};
}

// Rows come in key order, which is by number, then part; the seal binds a delta to its key.
Result<void> StateSums::take_delta(Delta delta, History& history) {
  auto& deltas = history.deltas;
  const bool continues = !deltas.empty() && deltas.back().number == delta.number;
  if (continues) {
    auto& last = deltas.back();
    if (delta.part != last.seen || delta.parts != last.parts || delta.link != last.link ||
        delta.previous != last.previous) {
      return corrupt("parts of a delta differ");
    }
    ++last.seen;
    std::ranges::move(delta.sums, std::back_inserter(last.sums));
    return {};
  }
  if (delta.part != 0 || delta.parts == 0) return corrupt("part of a delta is missing");
  if (!deltas.empty()) {
    const auto& last = deltas.back();
    if (last.seen != last.parts) return corrupt("part of a delta is missing");
    if (delta.number != last.number + 1) return corrupt("a delta is missing");
    if (delta.previous != last.link) return corrupt("deltas of two histories");
  }
  deltas.push_back(
      {delta.number, delta.parts, 1, delta.link, delta.previous, std::move(delta.sums)});
  return {};
}

Result<void> StateSums::join(History& history) {
  const auto& deltas = history.deltas;
  std::uint64_t oldest = UINT64_MAX;
  for (const Chunk& chunk : history.chunks) oldest = std::min(oldest, chunk.number);
  const std::uint64_t newest = deltas.empty() ? 0 : deltas.back().number;
  if (deltas.empty() ? oldest != 0 : deltas.front().number != std::max<std::uint64_t>(oldest, 1)) {
    return corrupt("a delta is missing");
  }
  if (!deltas.empty() && oldest == 0 && deltas.front().previous != Link{}) {
    return corrupt("deltas of two histories");
  }
  for (std::uint16_t i = 0; i < kChunks; ++i) {
    const Chunk& chunk = history.chunks[i];
    if (chunk.number > newest) return corrupt("the newest delta is missing");
    const Link link =
        chunk.number == 0 ? Link{} : deltas[chunk.number - deltas.front().number].link;
    if (chunk.link != link) return corrupt("a chunk of another history");
    chunk_numbers_[i] = chunk.number;
    const std::uint32_t first = i * kBucketsPerChunk;
    for (std::uint32_t b = 0; b < kBucketsPerChunk && first + b < kBuckets; ++b) {
      sums_[first + b] = chunk.sums[b];
    }
  }
  for (const auto& delta : deltas) {
    for (const auto& [bucket, sum] : delta.sums) {
      if (bucket >= kBuckets) return corrupt("a delta names an unknown bucket");
      if (history.chunks[bucket / kBucketsPerChunk].number < delta.number) sums_[bucket] = sum;
    }
    kept_.push_back({delta.number, delta.parts});
  }
  number_ = newest;
  link_ = deltas.empty() ? Link{} : deltas.back().link;
  return {};
}

}  // namespace strongroom::barrier
