#include "detail/block_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace sct {
namespace {

constexpr size_t kHugePage = size_t{1} << 21;

#if defined(__SANITIZE_ADDRESS__)

// From the sanitizer's malloc, which knows the ends of a block and refuses what is too large.
void* map(size_t bytes) noexcept {
  void* data = nullptr;
  return posix_memalign(&data, kHugePage, bytes) == 0 ? data : nullptr;
}

void unmap(void* data, size_t) noexcept { std::free(data); }

#else

void unmap(void* data, size_t bytes) noexcept {
  // Fails only if the process may have no more mappings, of which a hole takes one; then these
  // addresses stay with it, unused.
  munmap(data, bytes);
}

void unmap_range(uintptr_t begin, uintptr_t end) noexcept {
  if (begin != end) {
    unmap(reinterpret_cast<void*>(begin), end - begin);
  }
}

// Begins at a huge page.
void* map(size_t bytes) noexcept {
  void* mapped =
      mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    return nullptr;
  }
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t data = (begin + kHugePage - 1) / kHugePage * kHugePage;
  unmap_range(begin, data);
  unmap_range(data + bytes, begin + bytes + kHugePage);
  return reinterpret_cast<void*>(data);
}

#endif

}  // namespace

void* acquire_block(size_t bytes, size_t wanted) noexcept {
  if (bytes < kHugePage) {
    return std::aligned_alloc(kBlockAlignment, bytes);
  }
  void* data = map(bytes);
  if (data != nullptr) {
    // A huge page costs one fault instead of 512, and a convolution that strides through the block
    // misses fewer addresses in the processor's table of pages. Linux gives them to who asks (mode
    // madvise, the usual one); a kernel without them refuses, and the block has small ones. Whole
    // ones of what is wanted only: the rest of the block takes no memory before it is touched.
    madvise(data, wanted / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
  return data;
}

void release_block(void* data, size_t bytes) noexcept {
  if (bytes < kHugePage) {
    std::free(data);
  } else {
    unmap(data, bytes);
  }
}

}  // namespace sct
