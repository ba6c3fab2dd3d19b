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
// So much is fetched from the disk before its turn: ends of archives, whole groups of them, blocks
// of each.
constexpr std::size_t kArchivesAhead = 16;
constexpr std::size_t kGroupMax = 8;
constexpr std::size_t kBlocksAhead = 8;

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

bool is_answered_by_index(const RawCondition& condition) {
  return !condition.negated && std::ranges::all_of(condition.any, is_indexed);
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
    for (std::size_t i = 0; i < volumes.size(); ++i) {
      const std::size_t at = wanted_.newest_first ? volumes.size() - 1 - i : i;
      const std::uint64_t end = at + 1 < volumes.size() ? volumes[at + 1] : size;
      if (volumes[at] < high_ && end > low_) order_.push_back({volumes[at], std::min(end, high_)});
    }
    for (std::size_t group = 1; next_ < order_.size(); group = std::min(2 * group, kGroupMax)) {
      SR_TRY(const bool further, search_next(group));
      if (!further || enough() || !found_.complete) break;
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

  struct Volume {
    std::uint64_t first;
    std::uint64_t end;
  };
  /// An archive whose turn comes soon.
  struct Ahead {
    Archive archive;
    std::vector<std::uint64_t> rows{};  // guesses, one for each term that the index answers
    std::optional<std::vector<std::uint32_t>> blocks{};
  };

  /// Searches the next `count` volumes, or fewer. False if those behind them cannot hold anything.
  Result<bool> search_next(std::size_t count) {
    std::vector<Ahead> group;
    bool further = true;
    for (; further && group.size() < count && next_ < order_.size(); ++next_) {
      if (next_ + kArchivesAhead < order_.size())
        Archive::will_open(path_of(order_[next_ + kArchivesAhead]));
      auto frames = open_plain_volume(log_.path(), order_[next_].first);
      if (frames) {
        if (!group.empty()) break;  // it has its turn behind them
        SR_CHECK_OK(search_plain(order_[next_], *frames));
        ++next_;
        return true;
      }
      if (frames.error().kind() != ErrorKind::kNotFound) return std::unexpected(frames.error());
      SR_TRY(Archive archive, Archive::open_index(path_of(order_[next_]), order_[next_].first));
      if (archive.newest() >= wanted_.from && archive.oldest() < wanted_.to) {
        group.push_back({.archive = std::move(archive)});
      } else {
        further = may_go_on_behind(archive);
      }
    }
    SR_CHECK_OK(search_archives(group));
    return further;
  }

  std::string path_of(const Volume& volume) const {
    return log_.path() + '/' + archive_path(volume.first);
  }

  /// Of an archive that lies outside the times: entries may have swapped places at its border.
  bool may_go_on_behind(const Archive& archive) const {
    if (archive.newest() < wanted_.from) {
      return !wanted_.newest_first ||
             archive.newest().unix_ms + kDisorderMillis >= wanted_.from.unix_ms;
    }
    return wanted_.newest_first || archive.oldest().unix_ms - kDisorderMillis < wanted_.to.unix_ms;
  }

  Result<void> search_plain(const Volume& volume, FrameStream& frames) {
    std::deque<Entry> piece;
    for (std::uint64_t index = volume.first; index < volume.end; ++index) {
      SR_TRY(const auto entry, frames.next<std::string_view>(&take_volume_frame));
      if (!entry) return damaged(entry_name(index) + " is missing or cut off");
      look(index, *entry, piece);
    }
    take(piece);
    return {};
  }

  /// Step by step for all of them, so that the disk works on all of them at once.
  Result<void> search_archives(std::vector<Ahead>& group) {
    const std::vector<std::uint64_t> marks = indexed_marks();
    for (Ahead& one : group) {
      for (const std::uint64_t mark : marks) one.rows.push_back(one.archive.will_ask(mark));
    }
    for (const Ahead& one : group) {
      for (std::size_t i = 0; i < marks.size(); ++i)
        one.archive.will_ask_near(marks[i], one.rows[i]);
    }
    for (Ahead& one : group) {
      one.blocks = indexed_blocks(one.archive);
      if (!one.blocks || !one.blocks->empty()) one.archive.will_list_blocks();
    }
    for (Ahead& one : group) {
      SR_CHECK_OK(choose_blocks(one));
      expect_blocks(one, 0);
    }
    for (const Ahead& one : group) {
      if (enough() || !found_.complete) break;
      SR_CHECK_OK(search_archive(one));
    }
    return {};
  }

  static void expect_blocks(const Ahead& one, std::size_t from) {
    const std::size_t to = std::min(from + kBlocksAhead, one.blocks->size());
    for (std::size_t i = from; i < to; ++i) one.archive.will_read((*one.blocks)[i]);
  }

  Result<void> search_archive(const Ahead& one) {
    for (std::size_t i = 0; i < one.blocks->size(); ++i) {
      if (enough()) {
        found_.more = true;
        break;
      }
      if (blocks_read_++ >= limits::kAuditSearchBlocksMax) {
        found_.complete = false;
        break;
      }
      if (i > 0 && i % kBlocksAhead == 0) expect_blocks(one, i);
      SR_CHECK_OK(search_block(one.archive, (*one.blocks)[i]));
    }
    return {};
  }

  /// The values that the index will be asked for.
  std::vector<std::uint64_t> indexed_marks() const {
    std::vector<std::uint64_t> marks;
    for (const RawCondition& condition : conditions_) {
      if (!is_answered_by_index(condition)) continue;
      for (const RawTerm& term : condition.any)
        marks.push_back(fingerprint(term.field, term.value));
    }
    return marks;
  }

  /// The blocks that every condition with an index allows, ascending; nothing if there is no such
  /// condition.
  std::optional<std::vector<std::uint32_t>> indexed_blocks(const Archive& archive) const {
    std::optional<std::vector<std::uint32_t>> blocks;
    for (const RawCondition& condition : conditions_) {
      if (!is_answered_by_index(condition)) continue;
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

  /// Leaves those of its blocks that may hold what is looked for, in the order of the search. The
  /// table of blocks is only read where the index, which is asked first, names any.
  Result<void> choose_blocks(Ahead& one) const {
    if (one.blocks && one.blocks->empty()) return {};
    SR_CHECK_OK(one.archive.read_blocks());
    if (!one.blocks) {
      one.blocks.emplace(one.archive.block_count());
      std::iota(one.blocks->begin(), one.blocks->end(), 0U);
    }
    std::erase_if(*one.blocks, [&](std::uint32_t number) {
      const Archive::Block block = one.archive.block(number);
      return block.newest < wanted_.from || block.oldest >= wanted_.to || block.first >= high_ ||
             block.first + block.entries <= low_;
    });
    if (wanted_.newest_first) std::ranges::reverse(*one.blocks);
    return {};
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
  std::vector<Volume> order_;  // what may hold anything, as it is searched
  std::size_t next_ = 0;       // of order_
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
