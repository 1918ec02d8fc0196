/* Live handles, wrapped memory that has been released, and the caching CPU allocator. */
#ifndef SCT_MEMORY_H
#define SCT_MEMORY_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Handles of all kinds that exist in this process now. */
SCT_API sct_status sct_live_handles(int64_t *ret_count);

/* Moves up to `capacity` identifiers of wrapped memory that libtorch no longer uses into `ids`
 * and takes them off the list. Each identifier comes once for each sct_tensor_wrap. */
SCT_API sct_status sct_released_drain(int64_t *ids, int64_t capacity, int64_t *ret_count);

/* Identifiers that wait on that list. */
SCT_API sct_status sct_released_pending(int64_t *ret_count);

typedef struct sct_cpu_allocator_stats {
  /* Bytes of large blocks handed out now, at most so far, and kept for reuse now. */
  int64_t active_bytes;
  int64_t active_peak_bytes;
  int64_t cached_bytes;
  int64_t cached_limit_bytes;
  /* Large requests served from the cache, and from the operating system. */
  int64_t hits;
  int64_t misses;
  bool enabled;
} sct_cpu_allocator_stats;

/* Switches the caching allocator for CPU tensors on or off. While it is on, blocks of 64 KiB and
 * more are kept for reuse, `cached_limit_bytes` of them at most; those of 2 MiB and more are of
 * huge pages, if the system has any. Switching off empties the cache; tensors made before either
 * switch stay valid. `cached_limit_bytes` must not be negative. */
SCT_API sct_status sct_cpu_allocator_enable(bool enabled, int64_t cached_limit_bytes);

/* Gives cached blocks back to the operating system until at most `keep_bytes` remain cached. */
SCT_API sct_status sct_cpu_allocator_trim(int64_t keep_bytes);

/* Counters of the caching allocator since the process started. */
SCT_API sct_status sct_cpu_allocator_statistics(sct_cpu_allocator_stats *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
