// A CPU allocator that keeps large blocks for reuse.
//
// A training step allocates and frees the same sizes over and over. malloc gives large blocks back
// to the operating system, so that each step pays for mapping and zeroing fresh pages again. The
// largest of those kept here are of huge pages (block_memory.h).
#pragma once

#include <c10/core/Allocator.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "sct/memory.h"

namespace sct {

class CpuAllocator final : public c10::Allocator {
 public:
  // Never destroyed: tensors may outlive static destructors.
  static CpuAllocator& instance();

  // Registers itself with libtorch when first enabled, and stays registered; while disabled it only
  // passes requests on. Thread-safe.
  void enable(bool enabled, size_t cached_limit);

  // Frees the blocks unused for longest until at most `keep` bytes are cached.
  void trim(size_t keep);

  sct_cpu_allocator_stats statistics();

  c10::DataPtr allocate(size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override;
  void copy_data(void* dest, const void* src, std::size_t count) const override;

 private:
  struct Block;
  struct List {
    Block* first = nullptr;
    Block* last = nullptr;
  };

  // Classes are eight to a power of two, so at most an eighth of a block is wasted.
  static constexpr size_t kClassCount = 8 * 64;

  CpuAllocator() = default;

  void* allocate_large(size_t wanted);
  Block* take_cached(size_t size_class) noexcept;
  Block* allocate_fresh(size_t bytes, size_t wanted);
  Block* take_active(void* data) noexcept;
  void give_back(Block* block) noexcept;
  void link(Block* block) noexcept;
  void unlink(Block* block) noexcept;
  Block* oldest_beyond(size_t keep) noexcept;
  static void release(Block* block) noexcept;
  static void delete_any(void* data) noexcept;

  // libtorch's own allocator, which serves what is small and everything while disabled.
  c10::Allocator* fallback_ = nullptr;
  std::atomic<bool> enabled_{false};

  std::mutex mutex_;
  size_t cached_limit_ = 0;
  size_t cached_ = 0;
  size_t active_ = 0;
  size_t active_peak_ = 0;
  int64_t hits_ = 0;
  int64_t misses_ = 0;
  std::unordered_map<void*, Block*> active_blocks_;
  // Cached blocks of each class, the latest first, and of all classes by age, the latest first.
  std::array<Block*, kClassCount> by_class_{};
  List by_age_;
};

}  // namespace sct
