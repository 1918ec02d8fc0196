/* NVIDIA GPUs. Without a CUDA libtorch, its part of this library or a driver, the three questions
 * about availability answer "no", and everything else is SCT_UNSUPPORTED. */
#ifndef SCT_CUDA_H
#define SCT_CUDA_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sct_cuda_stream_handle *sct_cuda_stream;

typedef struct sct_cuda_device_info {
  char name[256];
  int64_t total_memory_bytes;
  int32_t compute_major;
  int32_t compute_minor;
  int32_t multiprocessor_count;
} sct_cuda_device_info;

typedef struct sct_cuda_memory_stats {
  /* Bytes in tensors, now and at most since the last reset. */
  int64_t allocated_bytes;
  int64_t allocated_peak_bytes;
  /* Bytes taken from the driver by the caching allocator. */
  int64_t reserved_bytes;
  int64_t reserved_peak_bytes;
  /* Bytes of the whole device, all processes. */
  int64_t device_free_bytes;
  int64_t device_total_bytes;
} sct_cuda_memory_stats;

/* Whether tensors can be on a GPU: CUDA libtorch loaded, driver present, at least one device. */
SCT_API sct_status sct_cuda_is_available(bool *ret_available);

/* Number of GPUs; 0 without CUDA. */
SCT_API sct_status sct_cuda_device_count(int32_t *ret_count);

/* Whether libsimclr_torch_cuda.so is loaded. */
SCT_API sct_status sct_cuda_is_loaded(bool *ret_loaded);

/* Name and abilities of GPU `device`. */
SCT_API sct_status sct_cuda_describe(int32_t device, sct_cuda_device_info *ret_info);

/* Makes `device` the current one of this thread. */
SCT_API sct_status sct_cuda_set_device(int32_t device);

/* Waits for all work on `device`. */
SCT_API sct_status sct_cuda_synchronize(int32_t device);

/* Memory of `device`. */
SCT_API sct_status sct_cuda_memory_statistics(int32_t device, sct_cuda_memory_stats *ret_stats);

/* Sets the peaks of `device` to the present values. */
SCT_API sct_status sct_cuda_reset_peak_memory(int32_t device);

/* Gives unused cached memory of all devices back to the driver. */
SCT_API sct_status sct_cuda_empty_cache(void);

/* Limits this process to `fraction`, above 0 and at most 1, of the memory of `device`. */
SCT_API sct_status sct_cuda_set_memory_fraction(int32_t device, double fraction);

/* Copy of `self`, a CPU tensor, in page-locked memory. */
SCT_API sct_status sct_pin_memory(sct_tensor self, sct_tensor *ret_out);

/* Whether `self` is in page-locked memory. */
SCT_API sct_status sct_is_pinned(sct_tensor self, bool *ret_pinned);

/* A stream of libtorch's pool on `device`. Freed with sct_cuda_stream_free. */
SCT_API sct_status sct_cuda_stream_create(int32_t device, bool high_priority,
                                          sct_cuda_stream *ret_stream);

/* Frees the handle and writes NULL over it; NULL is no error. */
SCT_API sct_status sct_cuda_stream_free(sct_cuda_stream *stream);

/* The current stream of this thread on `device`, as a new handle. */
SCT_API sct_status sct_cuda_stream_current(int32_t device, sct_cuda_stream *ret_stream);

/* Makes `stream` the current one of this thread on its device. */
SCT_API sct_status sct_cuda_stream_set_current(sct_cuda_stream stream);

/* Waits for all work on `stream`. */
SCT_API sct_status sct_cuda_stream_synchronize(sct_cuda_stream stream);

/* Work that `stream` gets from now on waits for what `other` has now; the host does not wait. */
SCT_API sct_status sct_cuda_stream_wait(sct_cuda_stream stream, sct_cuda_stream other);

/* Tells the allocator that `self` is in use on `stream` too. */
SCT_API sct_status sct_cuda_record_stream(sct_tensor self, sct_cuda_stream stream);

#ifdef __cplusplus
}
#endif

#endif
