#include "detail/block_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace sct {
namespace {

constexpr size_t kHugePage = size_t{1} << 21;

// What a block of `bytes` begins at.
size_t alignment_of(size_t bytes) noexcept {
  return bytes < kHugePage ? kBlockAlignment : kHugePage;
}

#if defined(__SANITIZE_ADDRESS__)

// From the sanitizer's malloc, which knows the ends of a block and refuses what is too large.
void* map(size_t bytes) noexcept {
  void* data = nullptr;
  return posix_memalign(&data, alignment_of(bytes), bytes) == 0 ? data : nullptr;
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

// Not from malloc, whose heap the blocks that come and go would leave full of holes.
void* map(size_t bytes) noexcept {
  const size_t alignment = alignment_of(bytes);
  const size_t spare = alignment - kBlockAlignment;
  void* mapped =
      mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    return nullptr;
  }
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t data = (begin + alignment - 1) / alignment * alignment;
  unmap_range(begin, data);
  unmap_range(data + bytes, begin + bytes + spare);
  return reinterpret_cast<void*>(data);
}

#endif

}  // namespace

void* acquire_block(size_t bytes, size_t wanted) noexcept {
  void* data = map(bytes);
  if (data != nullptr && wanted >= kHugePage) {
    // A huge page costs one fault instead of 512, and a convolution that strides through the block
    // misses fewer addresses in the processor's table of pages. Linux gives them to who asks (mode
    // madvise, the usual one); a kernel without them refuses, and the block has small ones. Whole
    // ones of what is wanted only: the rest of the block takes no memory before it is touched.
    madvise(data, wanted / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
  return data;
}

void release_block(void* data, size_t bytes) noexcept { unmap(data, bytes); }

}  // namespace sct
