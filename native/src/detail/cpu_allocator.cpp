#include "detail/cpu_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

#include "detail/block_memory.h"
#include "detail/guard.h"

namespace sct {
namespace {

// malloc maps blocks from 128 KiB on, and gives the end of its heap back beyond that: gradients of
// convolutions, of 64 KiB to 1 MiB, took a thousand fresh pages a step.
constexpr size_t kSmallest = size_t{1} << 16;
// Beyond this, rounding up could overflow; libtorch's own allocator refuses such sizes.
constexpr size_t kLargest = size_t{1} << 46;

// Bytes between neighbouring classes around `bytes`.
size_t class_step(size_t bytes) { return std::bit_floor(bytes) / 8; }

// A multiple of kBlockAlignment.
size_t rounded(size_t bytes) {
  const size_t step = class_step(bytes);
  return (bytes + step - 1) / step * step;
}

// Of a rounded size.
size_t class_of(size_t bytes) {
  const size_t power = std::bit_floor(bytes);
  return 8 * static_cast<size_t>(std::countr_zero(power)) + (bytes - power) / (power / 8);
}

}  // namespace

// Cached blocks are in two lists; blocks in use are in none.
struct CpuAllocator::Block {
  void* data;
  size_t bytes;
  Block* newer_in_class = nullptr;
  Block* older_in_class = nullptr;
  Block* newer = nullptr;
  Block* older = nullptr;
};

CpuAllocator& CpuAllocator::instance() {
  static auto& allocator = *new CpuAllocator();
  return allocator;
}

void CpuAllocator::enable(bool enabled, size_t cached_limit) {
  {
    const std::lock_guard lock(mutex_);
    cached_limit_ = cached_limit;
    if (enabled && fallback_ == nullptr) {
      c10::Allocator* fallback = c10::GetCPUAllocator();
      if (fallback->raw_deleter() == nullptr) {
        fail(SCT_UNSUPPORTED, "the present CPU allocator cannot be built upon");
      }
      fallback_ = fallback;
      c10::SetCPUAllocator(this);
    }
    enabled_.store(enabled, std::memory_order_release);
  }
  trim(enabled ? cached_limit : 0);
}

void CpuAllocator::trim(size_t keep) {
  while (Block* block = oldest_beyond(keep)) {
    release(block);
  }
}

sct_cpu_allocator_stats CpuAllocator::statistics() {
  const std::lock_guard lock(mutex_);
  sct_cpu_allocator_stats stats{};
  stats.active_bytes = static_cast<int64_t>(active_);
  stats.active_peak_bytes = static_cast<int64_t>(active_peak_);
  stats.cached_bytes = static_cast<int64_t>(cached_);
  stats.cached_limit_bytes = static_cast<int64_t>(cached_limit_);
  stats.hits = hits_;
  stats.misses = misses_;
  stats.enabled = enabled_.load(std::memory_order_relaxed);
  return stats;
}

// libtorch allocates and frees through raw pointers too, with the one deleter that raw_deleter
// names. So every pointer gets that deleter, and its context is the data itself.
c10::DataPtr CpuAllocator::allocate(size_t bytes) {
  const bool large = bytes >= kSmallest && bytes <= kLargest;
  void* data = large && enabled_.load(std::memory_order_acquire) ? allocate_large(bytes)
                                                                 : fallback_->raw_allocate(bytes);
  return {data, data, &CpuAllocator::delete_any, c10::Device(c10::kCPU)};
}

c10::DeleterFnPtr CpuAllocator::raw_deleter() const { return &CpuAllocator::delete_any; }

void CpuAllocator::copy_data(void* dest, const void* src, std::size_t count) const {
  default_copy_data(dest, src, count);
}

void* CpuAllocator::allocate_large(size_t wanted) {
  const size_t bytes = rounded(wanted);
  std::unique_ptr<Block, void (*)(Block*)> block(take_cached(class_of(bytes)), release);
  const bool hit = block != nullptr;
  if (!hit) {
    block.reset(allocate_fresh(bytes, wanted));
  }
  const std::lock_guard lock(mutex_);
  active_blocks_.emplace(block->data, block.get());
  ++(hit ? hits_ : misses_);
  active_ += bytes;
  active_peak_ = std::max(active_peak_, active_);
  return block.release()->data;
}

CpuAllocator::Block* CpuAllocator::take_cached(size_t size_class) noexcept {
  const std::lock_guard lock(mutex_);
  Block* block = by_class_[size_class];
  if (block != nullptr) {
    unlink(block);
  }
  return block;
}

CpuAllocator::Block* CpuAllocator::allocate_fresh(size_t bytes, size_t wanted) {
  auto block = std::make_unique<Block>(Block{nullptr, bytes});
  block->data = acquire_block(bytes, wanted);
  if (block->data == nullptr) {
    // What the cache holds may be what is missing.
    trim(0);
    block->data = acquire_block(bytes, wanted);
  }
  TORCH_CHECK_WITH(OutOfMemoryError, block->data != nullptr, "cannot allocate ", bytes, " bytes");
  return block.release();
}

// NULL for memory that is the fallback's. Few blocks of it are aligned like ours, which makes
// telling them apart cheap.
CpuAllocator::Block* CpuAllocator::take_active(void* data) noexcept {
  if (reinterpret_cast<uintptr_t>(data) % kBlockAlignment != 0) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  const auto found = active_blocks_.find(data);
  if (found == active_blocks_.end()) {
    return nullptr;
  }
  Block* block = found->second;
  active_blocks_.erase(found);
  return block;
}

void CpuAllocator::give_back(Block* block) noexcept {
  size_t limit = 0;
  {
    const std::lock_guard lock(mutex_);
    active_ -= block->bytes;
    limit = cached_limit_;
    if (enabled_.load(std::memory_order_relaxed) && block->bytes <= limit) {
      link(block);
      block = nullptr;
    }
  }
  if (block != nullptr) {
    release(block);
  } else {
    trim(limit);
  }
}

// The lock is held.
void CpuAllocator::link(Block* block) noexcept {
  Block*& latest = by_class_[class_of(block->bytes)];
  block->older_in_class = latest;
  if (latest != nullptr) {
    latest->newer_in_class = block;
  }
  latest = block;
  block->older = by_age_.first;
  (by_age_.first != nullptr ? by_age_.first->newer : by_age_.last) = block;
  by_age_.first = block;
  cached_ += block->bytes;
}

// The lock is held.
void CpuAllocator::unlink(Block* block) noexcept {
  (block->newer_in_class != nullptr ? block->newer_in_class->older_in_class
                                    : by_class_[class_of(block->bytes)]) = block->older_in_class;
  if (block->older_in_class != nullptr) {
    block->older_in_class->newer_in_class = block->newer_in_class;
  }
  (block->newer != nullptr ? block->newer->older : by_age_.first) = block->older;
  (block->older != nullptr ? block->older->newer : by_age_.last) = block->newer;
  block->newer_in_class = block->older_in_class = block->newer = block->older = nullptr;
  cached_ -= block->bytes;
}

CpuAllocator::Block* CpuAllocator::oldest_beyond(size_t keep) noexcept {
  const std::lock_guard lock(mutex_);
  if (cached_ <= keep) {
    return nullptr;
  }
  Block* oldest = by_age_.last;
  unlink(oldest);
  return oldest;
}

void CpuAllocator::release(Block* block) noexcept {
  release_block(block->data, block->bytes);
  delete block;
}

void CpuAllocator::delete_any(void* data) noexcept {
  CpuAllocator& allocator = instance();
  if (Block* block = allocator.take_active(data)) {
    allocator.give_back(block);
  } else {
    allocator.fallback_->raw_deallocate(data);
  }
}

}  // namespace sct
