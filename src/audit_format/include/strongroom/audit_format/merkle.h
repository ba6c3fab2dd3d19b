#pragma once
// The Merkle tree of RFC 6962 §2.1 over SHA-256: appending, proofs and their verification, and
// where each hash of a tree lies in an append-only list of hashes (docs/formats/audit.md, "Tree").
// Pure; thread-safe except for class Frontier.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::audit_format {

using Hash = crypto::Digest32;

Hash leaf_hash(ByteView entry);
Hash node_hash(const Hash& left, const Hash& right);
/// The root of no entries: SHA-256 of nothing.
Hash empty_root();

/// A tree reduced to what appending needs: the roots of its complete subtrees. One thread.
class Frontier {
 public:
  Frontier() = default;

  std::uint64_t size() const { return size_; }
  Hash root() const;

  /// Adds a leaf; hands the leaf and then every inner node that it completes to `stored`, in the
  /// order of the hash list.
  template <class Stored>
  void append(const Hash& leaf, Stored&& stored) {
    Hash hash = leaf;
    stored(hash);
    unsigned level = 0;
    for (; (size_ >> level & 1) != 0; ++level) {
      hash = node_hash(levels_[level], hash);
      stored(hash);
    }
    levels_[level] = hash;
    ++size_;
  }

 private:
  friend Result<Frontier> load_frontier(std::uint64_t,
                                        const std::function<Result<Hash>(std::uint64_t)>&);
  std::uint64_t size_ = 0;
  std::array<Hash, 64> levels_{};  // level l holds a subtree of 2^l leaves if bit l of size_ is set
};

/// Position in the hash list of hash `number` of `level` (0: leaves).
std::uint64_t stored_hash_index(unsigned level, std::uint64_t number);
/// How many hashes the list of a tree of `size` leaves has.
std::uint64_t stored_hash_count(std::uint64_t size);

/// Gives the hash at a position of the hash list; its error becomes the caller's.
using HashReader = std::function<Result<Hash>(std::uint64_t)>;

/// The frontier of a stored tree: at most 64 reads.
Result<Frontier> load_frontier(std::uint64_t size, const HashReader& read);

/// RFC 6962 §2.1.1, from the leaf's sibling to the root's child. Needs index < size.
Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          const HashReader& read);
/// RFC 6962 §2.1.2. Needs old_size <= size; empty if either tree is empty or they are equal.
Result<std::vector<Hash>> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                            const HashReader& read);

struct TreeHead {
  std::uint64_t size = 0;
  Hash root = empty_root();
  bool operator==(const TreeHead&) const = default;
};

/// RFC 9162 §2.1.3.2.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, const TreeHead& head,
                      std::span<const Hash> proof);
/// RFC 9162 §2.1.4.2. From the empty tree only an empty proof verifies.
bool verify_consistency(const TreeHead& older, const TreeHead& newer, std::span<const Hash> proof);

}  // namespace strongroom::audit_format
