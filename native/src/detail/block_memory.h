// Memory of the blocks that CpuAllocator hands out.
#pragma once

#include <cstddef>

namespace sct {

// A page. Blocks begin at one.
constexpr size_t kBlockAlignment = 4096;

// Memory of `bytes`, a multiple of kBlockAlignment, with unspecified contents; NULL if there is
// none. From 2 MiB on it begins at a huge page, and the first `wanted` bytes are of them, if the
// system has any.
void* acquire_block(size_t bytes, size_t wanted) noexcept;

// Gives `data` back, which acquire_block(bytes, ...) returned.
void release_block(void* data, size_t bytes) noexcept;

}  // namespace sct
