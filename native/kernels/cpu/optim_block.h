// What one thread of an optimizer step takes at a time.
#pragma once

#include <algorithm>

#include "cpu/optim.h"

namespace sct::optim {

// Sums are kept for each block, and added in their order.
constexpr int64_t kBlock = 16384;

// A part of the numbers of one entry.
struct Block {
  size_t entry;
  int64_t begin;
  int64_t end;
};

// Calls body(block) for all blocks of an entry.
template <class Body>
void each_block(const std::vector<Entry>& entries, size_t entry, const Body& body) {
  for (int64_t i = 0; i < entries[entry].count; i += kBlock) {
    body(Block{entry, i, std::min(i + kBlock, entries[entry].count)});
  }
}

}  // namespace sct::optim
