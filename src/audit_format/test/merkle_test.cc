#include "strongroom/audit_format/merkle.h"

#include <gtest/gtest.h>

#include <string>

namespace strongroom::audit_format {
namespace {

constexpr std::uint64_t kSizes = 130;

std::string hex(const Hash& hash) {
  return hex_encode(hash);
}

// The definition of RFC 6962 §2.1, word for word.
Hash root_by_definition(std::span<const Hash> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(root_by_definition(leaves.first(k)), root_by_definition(leaves.subspan(k)));
}

struct Tree {
  std::vector<Hash> leaves;
  std::vector<Hash> stored;
  std::vector<Hash> roots;  // by size

  explicit Tree(std::uint64_t size) {
    Frontier frontier;
    roots.push_back(frontier.root());
    for (std::uint64_t i = 0; i < size; ++i) {
      leaves.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
      frontier.append(leaves.back(), [&](const Hash& hash) { stored.push_back(hash); });
      roots.push_back(frontier.root());
    }
  }
  TreeHead head(std::uint64_t size) const { return {.size = size, .root = roots[size]}; }
  HashReader reader() const {
    return [this](std::uint64_t position) -> Result<Hash> { return stored.at(position); };
  }
};

TEST(Merkle, KnownRoots) {
  // The inputs and roots of the Certificate Transparency reference tests.
  const char* inputs[] = {"",
                          "00",
                          "10",
                          "2021",
                          "3031",
                          "40414243",
                          "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"};
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Frontier frontier;
  EXPECT_EQ(hex(frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (int i = 0; i < 8; ++i) {
    frontier.append(leaf_hash(as_bytes(*hex_decode(inputs[i]))), [](const Hash&) {});
    EXPECT_EQ(hex(frontier.root()), roots[i]) << i;
  }
}

TEST(Merkle, FrontierEqualsTheDefinition) {
  const Tree tree(kSizes);
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    EXPECT_EQ(tree.roots[size], root_by_definition(std::span(tree.leaves).first(size))) << size;
  }
}

TEST(Merkle, HashListPositions) {
  const Tree tree(kSizes);
  EXPECT_EQ(tree.stored.size(), stored_hash_count(kSizes));
  for (unsigned level = 0; level < 8; ++level) {
    for (std::uint64_t number = 0; (number + 1) << level <= kSizes; ++number) {
      const auto below = std::span(tree.leaves).subspan(number << level, std::size_t{1} << level);
      EXPECT_EQ(tree.stored.at(stored_hash_index(level, number)), root_by_definition(below));
    }
  }
}

TEST(Merkle, FrontierIsLoadedFromTheHashList) {
  const Tree tree(kSizes);
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    auto frontier = load_frontier(size, tree.reader());
    ASSERT_TRUE(frontier.has_value());
    EXPECT_EQ(frontier->root(), tree.roots[size]);
    if (size == kSizes) break;
    frontier->append(tree.leaves[size], [](const Hash&) {});
    EXPECT_EQ(frontier->root(), tree.roots[size + 1]);
  }
}

TEST(Merkle, EveryInclusionProofHoldsAndNoOther) {
  const Tree tree(kSizes);
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, tree.reader());
      ASSERT_TRUE(proof.has_value());
      const TreeHead head = tree.head(size);
      ASSERT_TRUE(verify_inclusion(tree.leaves[index], index, head, *proof))
          << index << "/" << size;
      ASSERT_FALSE(
          verify_inclusion(tree.leaves[index], (index + 1) % size + (size == 1), head, *proof));
      ASSERT_FALSE(verify_inclusion(leaf_hash(as_bytes("other")), index, head, *proof));
      ASSERT_FALSE(verify_inclusion(tree.leaves[index], index, tree.head(size - 1), *proof));
      auto longer = *proof;
      longer.push_back(tree.leaves[0]);
      ASSERT_FALSE(verify_inclusion(tree.leaves[index], index, head, longer));
      for (std::size_t i = 0; i < proof->size(); ++i) {
        auto mutated = *proof;
        mutated[i][i % 32] ^= 1;
        ASSERT_FALSE(verify_inclusion(tree.leaves[index], index, head, mutated));
        mutated = *proof;
        mutated.erase(mutated.begin() + static_cast<std::ptrdiff_t>(i));
        ASSERT_FALSE(verify_inclusion(tree.leaves[index], index, head, mutated));
      }
    }
  }
}

TEST(Merkle, EveryConsistencyProofHoldsAndNoOther) {
  const Tree tree(kSizes);
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = consistency_proof(old_size, size, tree.reader());
      ASSERT_TRUE(proof.has_value());
      const TreeHead older = tree.head(old_size);
      const TreeHead newer = tree.head(size);
      ASSERT_TRUE(verify_consistency(older, newer, *proof)) << old_size << "/" << size;
      TreeHead changed = older;
      changed.root[7] ^= 1;
      ASSERT_FALSE(verify_consistency(changed, newer, *proof));
      if (old_size == 0) continue;
      changed = newer;
      changed.root[7] ^= 1;
      ASSERT_FALSE(verify_consistency(older, changed, *proof));
      if (old_size < size) {
        ASSERT_FALSE(verify_consistency(newer, older, *proof));
      }
      auto longer = *proof;
      longer.push_back(tree.leaves[0]);
      ASSERT_FALSE(verify_consistency(older, newer, longer));
      for (std::size_t i = 0; i < proof->size(); ++i) {
        auto mutated = *proof;
        mutated[i][i % 32] ^= 1;
        ASSERT_FALSE(verify_consistency(older, newer, mutated));
      }
    }
  }
}

TEST(Merkle, LeafIsNoNode) {
  // Without the prefixes an inner node could pass as an entry (RFC 6962 §2.1).
  const Tree tree(2);
  const std::string children =
      std::string(as_chars(tree.leaves[0])) + std::string(as_chars(tree.leaves[1]));
  EXPECT_NE(leaf_hash(as_bytes(children)), tree.roots[2]);
}

}  // namespace
}  // namespace strongroom::audit_format
