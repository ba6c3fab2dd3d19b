#include "strongroom/audit_format/merkle.h"

#include <algorithm>
#include <bit>

#include "strongroom/base/check.h"

namespace strongroom::audit_format {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0};
constexpr std::uint8_t kNodePrefix[] = {1};

/// The largest power of two below `count`, which is at least 2.
std::uint64_t split_point(std::uint64_t count) {
  return std::bit_floor(count - 1);
}

/// The root over leaves [first, end), from its complete subtrees. `first` is a multiple of the
/// largest of them.
Result<Hash> range_hash(std::uint64_t first, std::uint64_t end, const HashReader& read) {
  std::vector<Hash> subtrees;
  while (first < end) {
    const std::uint64_t leaves = std::bit_floor(end - first);
    const auto level = static_cast<unsigned>(std::countr_zero(leaves));
    SR_TRY(const Hash hash, read(stored_hash_index(level, first >> level)));
    subtrees.push_back(hash);
    first += leaves;
  }
  Hash root = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) root = node_hash(subtrees[i], root);
  return root;
}

}  // namespace

Hash leaf_hash(ByteView entry) {
  return crypto::sha256(kLeafPrefix, entry);
}
Hash node_hash(const Hash& left, const Hash& right) {
  return crypto::sha256(kNodePrefix, left, right);
}
Hash empty_root() {
  return crypto::sha256({});
}

Hash Frontier::root() const {
  if (size_ == 0) return empty_root();
  auto level = static_cast<unsigned>(std::countr_zero(size_));
  Hash root = levels_[level];
  for (++level; level < 64; ++level) {
    if ((size_ >> level & 1) != 0) root = node_hash(levels_[level], root);
  }
  return root;
}

std::uint64_t stored_hash_index(unsigned level, std::uint64_t number) {
  // The hash is written right after the last leaf below it.
  const std::uint64_t last_leaf = ((number + 1) << level) - 1;
  std::uint64_t before = 0;
  for (std::uint64_t count = last_leaf; count > 0; count >>= 1) before += count;
  return before + level;
}

std::uint64_t stored_hash_count(std::uint64_t size) {
  std::uint64_t count = 0;
  for (; size > 0; size >>= 1) count += size;
  return count;
}

Result<Frontier> load_frontier(std::uint64_t size, const HashReader& read) {
  Frontier frontier;
  frontier.size_ = size;
  for (unsigned level = 0; level < 64; ++level) {
    if ((size >> level & 1) == 0) continue;
    const std::uint64_t number = (size >> level) - 1;
    SR_TRY(frontier.levels_[level], read(stored_hash_index(level, number)));
  }
  return frontier;
}

Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          const HashReader& read) {
  SR_CHECK(index < size);
  std::vector<Hash> proof;
  std::uint64_t first = 0;
  std::uint64_t end = size;
  while (end - first > 1) {
    const std::uint64_t middle = first + split_point(end - first);
    if (index < middle) {
      SR_TRY(const Hash right, range_hash(middle, end, read));
      proof.push_back(right);
      end = middle;
    } else {
      SR_TRY(const Hash left, range_hash(first, middle, read));
      proof.push_back(left);
      first = middle;
    }
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<std::vector<Hash>> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                            const HashReader& read) {
  SR_CHECK(old_size <= size);
  std::vector<Hash> proof;
  if (old_size == 0 || old_size == size) return proof;
  std::uint64_t first = 0;
  std::uint64_t end = size;
  while (old_size != end) {
    const std::uint64_t middle = first + split_point(end - first);
    if (old_size <= middle) {
      SR_TRY(const Hash right, range_hash(middle, end, read));
      proof.push_back(right);
      end = middle;
    } else {
      SR_TRY(const Hash left, range_hash(first, middle, read));
      proof.push_back(left);
      first = middle;
    }
  }
  // If what is left is the whole older tree, the verifier has its root already.
  if (first > 0) {
    SR_TRY(const Hash shared, range_hash(first, end, read));
    proof.push_back(shared);
  }
  std::ranges::reverse(proof);
  return proof;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, const TreeHead& head,
                      std::span<const Hash> proof) {
  if (index >= head.size) return false;
  std::uint64_t node = index;
  std::uint64_t last = head.size - 1;
  Hash root = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      root = node_hash(sibling, root);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      root = node_hash(root, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && root == head.root;
}

bool verify_consistency(const TreeHead& older, const TreeHead& newer, std::span<const Hash> proof) {
  if (older.size > newer.size) return false;
  if (older.size == 0) return proof.empty() && older.root == empty_root();
  if (older.size == newer.size) return proof.empty() && older.root == newer.root;
  std::uint64_t node = older.size - 1;
  std::uint64_t last = newer.size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // An older tree that is one complete subtree starts the walk with its own root.
  Hash old_root = older.root;
  Hash new_root = older.root;
  if (node != 0) {
    if (proof.empty()) return false;
    old_root = new_root = proof.front();
    proof = proof.subspan(1);
  }
  for (const Hash& hash : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_root = node_hash(hash, old_root);
      new_root = node_hash(hash, new_root);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_root = node_hash(new_root, hash);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_root == older.root && new_root == newer.root;
}

}  // namespace strongroom::audit_format
