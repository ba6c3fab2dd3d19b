#pragma once
// Sorted resource names per account, in memory, for listing. Holds names only: whoever lists opens
// the records.
//
// Compact: names sit length-prefixed in blocks of at most kBlockNames, so a million 30-byte names
// take about 40 MB. Thread-safe (one reader-writer lock); not for I/O threads, which never list.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/ids.h"

namespace strongroom {

class NameIndex {
 public:
  static constexpr std::size_t kBlockNames = 128;
  static constexpr std::size_t kNameBytesMax = 255;

  /// A name already there changes nothing: false. 1..kNameBytesMax bytes.
  bool add(AccountId account, std::string_view name);
  /// A name that is not there changes nothing: false.
  bool remove(AccountId account, std::string_view name);

  /// While the index is built from storage, add() and remove() go on: what they say is newer than
  /// what the build finds. True if the name was added.
  bool add_while_building(AccountId account, std::string_view name);
  void finish_building();
  bool ready() const;

  std::size_t total() const;
  /// The account that has this name, or nothing; for names that only one can have.
  std::optional<AccountId> owner(std::string_view name) const;
  std::size_t count(AccountId account) const;
  bool contains(AccountId account, std::string_view name) const;
  /// Names number offset, offset+1, … in byte order, at most `limit`.
  std::vector<std::string> page(AccountId account, std::size_t offset, std::size_t limit) const;
  /// Names greater than `after` in byte order, at most `limit`.
  std::vector<std::string> following(AccountId account, std::string_view after,
                                     std::size_t limit) const;

 private:
  struct Block {
    std::string bytes;  // length byte and name, repeated, in order
    std::uint16_t count = 0;
  };
  struct Names {
    std::vector<Block> blocks;  // none is empty
    std::size_t count = 0;
  };

  static std::string_view first_name(const Block& block);
  static std::size_t block_for(const Names& names, std::string_view name);
  static void split(Names& names, std::size_t block);
  bool insert(AccountId account, std::string_view name);

  mutable std::shared_mutex mutex_;
  std::map<AccountId, Names> accounts_;
  std::set<std::pair<AccountId, std::string>> removed_while_building_;
  std::size_t total_ = 0;
  bool ready_ = false;
};

}  // namespace strongroom
