#include "strongroom/audit_format/search.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>

#include "entry_stream.h"
#include "strongroom/audit_format/entry.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_format {
namespace {

// Entries of one thread may come into the tree this much after those of others, those of mutations
// later still.
constexpr std::int64_t kDisorderMillis = 10 * 60 * 1000;

struct RawTerm {
  std::string field;
  std::string value;  // escaped
};
struct RawCondition {
  std::vector<RawTerm> any;
  bool negated;
  // An entry without any of these cannot fulfil it. Empty: any entry may.
  std::vector<std::string> needles;
};

/// Looking for bytes is many times faster than taking an entry apart field by field.
std::vector<std::string> needles_of(const RawCondition& condition) {
  std::vector<std::string> needles;
  if (condition.negated) return needles;
  for (const RawTerm& term : condition.any) {
    if (term.value.empty()) return {};
    if (std::ranges::find(needles, term.value) == needles.end()) needles.push_back(term.value);
  }
  return needles;
}

bool holds(const RawTerm& term, std::string_view entry) {
  if (term.field == kResourceId)
    return resource_id(raw_field(entry, "resource")) == std::string_view(term.value);
  return raw_field(entry, term.field) == term.value;
}

bool is_indexed(const RawTerm& term) {
  return !term.value.empty() &&
         std::ranges::find(kIndexedFields, std::string_view(term.field)) != kIndexedFields.end();
}

class Searcher {
 public:
  Searcher(const LogDirectory& log, const Search& wanted) : log_(log), wanted_(wanted) {
    for (const Condition& condition : wanted.all) {
      RawCondition raw{.any = {}, .negated = condition.negated, .needles = {}};
      for (const Term& term : condition.any) raw.any.push_back({term.field, escaped(term.value)});
      raw.needles = needles_of(raw);
      conditions_.push_back(std::move(raw));
    }
  }

  Result<Found> run() {
    const std::uint64_t size = log_.checkpoint().head.size;
    low_ = !wanted_.newest_first && wanted_.behind ? *wanted_.behind + 1 : 0;
    high_ = wanted_.newest_first && wanted_.behind ? std::min(*wanted_.behind, size) : size;
    SR_TRY(const auto volumes, log_.volumes());
    for (std::size_t i = 0; i < volumes.size() && !enough() && found_.complete; ++i) {
      const std::size_t at = wanted_.newest_first ? volumes.size() - 1 - i : i;
      const std::uint64_t end = at + 1 < volumes.size() ? volumes[at + 1] : size;
      if (volumes[at] >= high_ || end <= low_) continue;
      SR_TRY(const bool further, search_volume(volumes[at], std::min(end, high_)));
      if (!further) break;
    }
    SR_CHECK_OK(check_results());
    return std::move(found_);
  }

 private:
  bool enough() const { return found_.entries.size() >= wanted_.limit; }
  std::size_t needed() const { return skip_left() + wanted_.limit - found_.entries.size(); }
  std::size_t skip_left() const { return wanted_.skip - skipped_; }

  bool may_match(std::string_view entry) const {
    return std::ranges::all_of(conditions_, [entry](const RawCondition& condition) {
      return condition.needles.empty() ||
             std::ranges::any_of(condition.needles, [entry](const std::string& needle) {
               return entry.contains(needle);
             });
    });
  }

  bool matches(std::string_view entry) const {
    if (!may_match(entry)) return false;
    for (const RawCondition& condition : conditions_) {
      const bool one = std::ranges::any_of(
          condition.any, [entry](const RawTerm& term) { return holds(term, entry); });
      if (one == condition.negated) return false;
    }
    const Instant time = entry_time(entry);
    if (time < wanted_.from || time >= wanted_.to) return false;
    return !wanted_.accepts || wanted_.accepts(entry);
  }

  /// Looks at one entry of a piece whose matches are collected in ascending order.
  void look(std::uint64_t index, std::string_view entry, std::deque<Entry>& piece) {
    ++found_.looked_at;
    if (index < low_ || index >= high_ || !matches(entry)) return;
    if (!wanted_.newest_first && piece.size() >= needed()) {
      found_.more = true;
      return;
    }
    piece.push_back({.index = index, .text = std::string(entry)});
    if (wanted_.newest_first && piece.size() > needed()) {
      found_.more = true;
      piece.pop_front();
    }
  }

  void take(std::deque<Entry>& piece) {
    if (wanted_.newest_first) std::ranges::reverse(piece);
    for (Entry& entry : piece) {
      if (skip_left() > 0) {
        ++skipped_;
      } else if (!enough()) {
        found_.entries.push_back(std::move(entry));
      } else {
        found_.more = true;
      }
    }
  }

  /// False if volumes beyond this one cannot hold anything.
  Result<bool> search_volume(std::uint64_t first, std::uint64_t end) {
    auto frames = open_plain_volume(log_.path(), first);
    if (!frames && frames.error().kind() == ErrorKind::kNotFound) return search_archive(first);
    if (!frames) return std::unexpected(frames.error());
    std::deque<Entry> piece;
    for (std::uint64_t index = first; index < end; ++index) {
      SR_TRY(const auto entry, frames->next<std::string_view>(&take_volume_frame));
      if (!entry) return damaged(entry_name(index) + " is missing or cut off");
      look(index, *entry, piece);
    }
    take(piece);
    return true;
  }

  Result<bool> search_archive(std::uint64_t first) {
    SR_TRY(Archive archive, Archive::open_index(log_.path() + '/' + archive_path(first), first));
    if (archive.newest() < wanted_.from)
      return !wanted_.newest_first ||
             archive.newest().unix_ms + kDisorderMillis >= wanted_.from.unix_ms;
    if (archive.oldest() >= wanted_.to)
      return wanted_.newest_first ||
             archive.oldest().unix_ms - kDisorderMillis < wanted_.to.unix_ms;
    SR_TRY(std::vector<std::uint32_t> blocks, candidates(archive));
    if (wanted_.newest_first) std::ranges::reverse(blocks);
    for (const std::uint32_t number : blocks) {
      if (enough()) {
        found_.more = true;
        break;
      }
      if (blocks_read_++ >= limits::kAuditSearchBlocksMax) {
        found_.complete = false;
        break;
      }
      SR_CHECK_OK(search_block(archive, number));
    }
    return true;
  }

  /// The blocks that every condition with an index allows, ascending; nothing if there is no such
  /// condition.
  std::optional<std::vector<std::uint32_t>> indexed_blocks(const Archive& archive) const {
    std::optional<std::vector<std::uint32_t>> blocks;
    for (const RawCondition& condition : conditions_) {
      if (condition.negated || !std::ranges::all_of(condition.any, is_indexed)) continue;
      if (blocks && blocks->empty()) break;
      std::vector<std::uint32_t> allowed;
      for (const RawTerm& term : condition.any) {
        const auto more = archive.blocks_with(fingerprint(term.field, term.value));
        allowed.insert(allowed.end(), more.begin(), more.end());
      }
      std::ranges::sort(allowed);
      const auto repeated = std::ranges::unique(allowed);
      allowed.erase(repeated.begin(), repeated.end());
      if (!blocks) {
        blocks = std::move(allowed);
        continue;
      }
      std::erase_if(*blocks, [&allowed](std::uint32_t block) {
        return !std::ranges::binary_search(allowed, block);
      });
    }
    return blocks;
  }

  /// Those of them that may hold what is looked for, ascending. The table of blocks is only read
  /// where the index, which is asked first, names any.
  Result<std::vector<std::uint32_t>> candidates(Archive& archive) const {
    auto blocks = indexed_blocks(archive);
    if (blocks && blocks->empty()) return std::vector<std::uint32_t>{};
    SR_CHECK_OK(archive.read_blocks());
    if (!blocks) {
      blocks.emplace(archive.block_count());
      std::iota(blocks->begin(), blocks->end(), 0U);
    }
    std::erase_if(*blocks, [&](std::uint32_t number) {
      const Archive::Block block = archive.block(number);
      return block.newest < wanted_.from || block.oldest >= wanted_.to || block.first >= high_ ||
             block.first + block.entries <= low_;
    });
    return std::move(*blocks);
  }

  Result<void> search_block(const Archive& archive, std::uint32_t number) {
    SR_TRY(const std::string frames, archive.frames(number));
    std::string_view rest = frames;
    std::uint64_t index = archive.block(number).first;
    std::deque<Entry> piece;
    while (const auto entry = take_volume_frame(rest)) look(index++, *entry, piece);
    take(piece);
    return {};
  }

  Result<void> check_results() const {
    const HashReader read = log_.hash_reader();
    for (const Entry& entry : found_.entries) {
      SR_TRY(const Hash stored, read(stored_hash_index(0, entry.index)));
      if (leaf_hash(as_bytes(entry.text)) != stored)
        return damaged(entry_name(entry.index) + " is not the one that was recorded there");
    }
    return {};
  }

  const LogDirectory& log_;
  const Search& wanted_;
  std::vector<RawCondition> conditions_;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::size_t skipped_ = 0;
  std::size_t blocks_read_ = 0;
  Found found_;
};

}  // namespace

Result<Found> search(const LogDirectory& log, const Search& wanted) {
  std::size_t terms = 0;
  for (const Condition& condition : wanted.all) terms += condition.any.size();
  if (terms > limits::kAuditSearchTermsMax || wanted.limit > limits::kAuditSearchResultsMax ||
      wanted.skip > limits::kAuditSearchSkipMax) {
    return fail(ErrorKind::kInvalidInput, "AuditSearch",
                "a search has at most " + std::to_string(limits::kAuditSearchTermsMax) +
                    " terms, returns at most " + std::to_string(limits::kAuditSearchResultsMax) +
                    " entries and skips at most " + std::to_string(limits::kAuditSearchSkipMax));
  }
  return Searcher(log, wanted).run();
}

}  // namespace strongroom::audit_format
