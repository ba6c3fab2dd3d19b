#include "strongroom/base/name_index.h"

#include <algorithm>
#include <mutex>

#include "strongroom/base/check.h"

namespace strongroom {
namespace {

std::string_view name_at(const std::string& bytes, std::size_t position) {
  return std::string_view(bytes).substr(position + 1, static_cast<std::uint8_t>(bytes[position]));
}

std::size_t next_position(const std::string& bytes, std::size_t position) {
  return position + 1 + static_cast<std::uint8_t>(bytes[position]);
}

/// Where `name` is or would be, and whether it is there.
std::pair<std::size_t, bool> locate(const std::string& bytes, std::string_view name) {
  std::size_t position = 0;
  while (position < bytes.size()) {
    const std::string_view here = name_at(bytes, position);
    if (here >= name) return {position, here == name};
    position = next_position(bytes, position);
  }
  return {position, false};
}

}  // namespace

std::string_view NameIndex::first_name(const Block& block) {
  return name_at(block.bytes, 0);
}

/// The block that holds `name` if any does: the last one whose first name is not greater.
std::size_t NameIndex::block_for(const Names& names, std::string_view name) {
  const auto after = std::upper_bound(
      names.blocks.begin(), names.blocks.end(), name,
      [](std::string_view n, const Block& block) { return n < first_name(block); });
  return after == names.blocks.begin() ? 0
                                       : static_cast<std::size_t>(after - names.blocks.begin()) - 1;
}

void NameIndex::split(Names& names, std::size_t block) {
  Block& full = names.blocks[block];
  std::size_t position = 0;
  for (std::size_t i = 0; i < kBlockNames / 2; ++i) position = next_position(full.bytes, position);
  Block upper{full.bytes.substr(position),
              static_cast<std::uint16_t>(full.count - kBlockNames / 2)};
  full.bytes = full.bytes.substr(0, position);  // a new string: gives back the spare capacity
  full.count = kBlockNames / 2;
  names.blocks.insert(names.blocks.begin() + static_cast<std::ptrdiff_t>(block) + 1,
                      std::move(upper));
}

bool NameIndex::insert(AccountId account, std::string_view name) {
  SR_CHECK(!name.empty() && name.size() <= kNameBytesMax);
  Names& names = accounts_[account];
  if (names.blocks.empty()) names.blocks.emplace_back();
  const std::size_t index = names.count == 0 ? 0 : block_for(names, name);
  Block& block = names.blocks[index];
  const auto [position, present] = locate(block.bytes, name);
  if (present) return false;
  std::string entry(1, static_cast<char>(static_cast<std::uint8_t>(name.size())));
  entry.append(name);
  block.bytes.insert(position, entry);
  ++block.count;
  ++names.count;
  ++total_;
  if (block.count > kBlockNames) split(names, index);
  return true;
}

bool NameIndex::add(AccountId account, std::string_view name) {
  const std::unique_lock lock(mutex_);
  if (!ready_) removed_while_building_.erase({account, std::string(name)});
  return insert(account, name);
}

bool NameIndex::remove(AccountId account, std::string_view name) {
  const std::unique_lock lock(mutex_);
  if (!ready_) removed_while_building_.emplace(account, name);
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return false;
  Names& names = found->second;
  const std::size_t index = block_for(names, name);
  Block& block = names.blocks[index];
  const auto [position, present] = locate(block.bytes, name);
  if (!present) return false;
  block.bytes.erase(position, name.size() + 1);
  --block.count;
  --names.count;
  --total_;
  if (block.count == 0)
    names.blocks.erase(names.blocks.begin() + static_cast<std::ptrdiff_t>(index));
  if (names.count == 0) accounts_.erase(found);
  return true;
}

bool NameIndex::add_while_building(AccountId account, std::string_view name) {
  const std::unique_lock lock(mutex_);
  return !removed_while_building_.contains({account, std::string(name)}) && insert(account, name);
}

void NameIndex::finish_building() {
  const std::unique_lock lock(mutex_);
  ready_ = true;
  removed_while_building_.clear();
}

bool NameIndex::ready() const {
  const std::shared_lock lock(mutex_);
  return ready_;
}

std::size_t NameIndex::total() const {
  const std::shared_lock lock(mutex_);
  return total_;
}

std::optional<AccountId> NameIndex::owner(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [account, names] : accounts_) {
    if (names.count != 0 && locate(names.blocks[block_for(names, name)].bytes, name).second)
      return account;
  }
  return std::nullopt;
}

std::size_t NameIndex::count(AccountId account) const {
  const std::shared_lock lock(mutex_);
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? 0 : found->second.count;
}

bool NameIndex::contains(AccountId account, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return false;
  const Names& names = found->second;
  return locate(names.blocks[block_for(names, name)].bytes, name).second;
}

std::vector<std::string> NameIndex::page(AccountId account, std::size_t offset,
                                         std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return out;
  for (const Block& block : found->second.blocks) {
    if (offset >= block.count) {
      offset -= block.count;
      continue;
    }
    for (std::size_t position = 0; position < block.bytes.size();
         position = next_position(block.bytes, position)) {
      if (offset > 0) {
        --offset;
        continue;
      }
      if (out.size() == limit) return out;
      out.emplace_back(name_at(block.bytes, position));
    }
  }
  return out;
}

std::vector<std::string> NameIndex::following(AccountId account, std::string_view after,
                                              std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return out;
  const Names& names = found->second;
  for (std::size_t i = block_for(names, after); i < names.blocks.size(); ++i) {
    const std::string& bytes = names.blocks[i].bytes;
    for (std::size_t position = 0; position < bytes.size();
         position = next_position(bytes, position)) {
      const std::string_view name = name_at(bytes, position);
      if (name <= after) continue;
      if (out.size() == limit) return out;
      out.emplace_back(name);
    }
  }
  return out;
}

}  // namespace strongroom
