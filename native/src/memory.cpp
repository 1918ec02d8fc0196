#include "sct/memory.h"

#include "detail/box.h"
#include "detail/cpu_allocator.h"
#include "detail/release.h"

using namespace sct;

namespace {

size_t byte_count(int64_t bytes, const char* name) {
  if (bytes < 0) {
    invalid(std::string("argument '") + name + "' is negative: " + std::to_string(bytes));
  }
  return static_cast<size_t>(bytes);
}

}  // namespace

sct_status sct_live_handles(int64_t* ret_count) {
  return guard("live_handles", {}, [&] {
    require(ret_count, "ret_count");
    *ret_count = Counted::live.load(std::memory_order_relaxed);
  });
}

sct_status sct_released_drain(int64_t* ids, int64_t capacity, int64_t* ret_count) {
  return guard("released_drain", {}, [&] {
    require(ret_count, "ret_count");
    if (capacity < 0) {
      invalid("argument 'capacity' is negative: " + std::to_string(capacity));
    }
    if (capacity > 0) {
      require(ids, "ids");
    }
    *ret_count = drain_released(ids, capacity);
  });
}

sct_status sct_released_pending(int64_t* ret_count) {
  return guard("released_pending", {}, [&] {
    require(ret_count, "ret_count");
    *ret_count = pending_released();
  });
}

sct_status sct_cpu_allocator_enable(bool enabled, int64_t cached_limit_bytes) {
  return guard("cpu_allocator_enable", {}, [&] {
    const size_t limit = byte_count(cached_limit_bytes, "cached_limit_bytes");
    CpuAllocator::instance().enable(enabled, limit);
  });
}

sct_status sct_cpu_allocator_trim(int64_t keep_bytes) {
  return guard("cpu_allocator_trim", {},
               [&] { CpuAllocator::instance().trim(byte_count(keep_bytes, "keep_bytes")); });
}

sct_status sct_cpu_allocator_statistics(sct_cpu_allocator_stats* ret_stats) {
  return guard("cpu_allocator_statistics", {}, [&] {
    require(ret_stats, "ret_stats");
    *ret_stats = CpuAllocator::instance().statistics();
  });
}
