#pragma once
// A small, fixed history of changes and what the store must hold after each: the common ground of
// the fault tests.

#include <map>
#include <string>
#include <vector>

#include "strongroom/store/store.h"

namespace strongroom::faults {

using Rows = std::map<std::string, std::string>;

/// Changes that split pages, use overflow pages, delete and rewrite. Each puts the row "n" to its
/// own number, so that every state differs from the others.
std::vector<store::Change> workload();

/// `rows` after `change`.
void apply(Rows& rows, const store::Change& change);

/// All rows of the store; fails the running test if it cannot be read.
Rows read_all(store::Store& store);

}  // namespace strongroom::faults
