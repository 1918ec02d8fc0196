/* Tensors: creation, description, data, movement, freeing. */
#ifndef SCT_TENSOR_H
#define SCT_TENSOR_H

#include "device.h"
#include "dtype.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A reference to a libtorch tensor. Every handle is its own reference, even where two share one
 * tensor. */
typedef struct sct_tensor_handle *sct_tensor;

/* Dimensions that a description holds; libtorch's own operators go no further. */
#define SCT_MAX_DIM 64

typedef struct sct_tensor_info {
  /* Address of the first element; NULL without elements or storage. */
  void *data;
  /* Start and size of the storage, which views share. */
  void *storage;
  int64_t storage_bytes;
  int64_t numel;
  int32_t dtype;
  int32_t device_type;
  /* -1 on the CPU. */
  int32_t device_index;
  int32_t dim;
  bool is_contiguous;
  bool is_channels_last;
  bool requires_grad;
  bool is_leaf;
  /* Entries 0 to dim - 1 are set, in elements. */
  int64_t sizes[SCT_MAX_DIM];
  int64_t strides[SCT_MAX_DIM];
} sct_tensor_info;

/* Uninitialised. `memory_format` is SCT_CONTIGUOUS, or SCT_CHANNELS_LAST for 4 dimensions. */
SCT_API sct_status sct_empty(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t device_type,
                             int32_t device_index, int32_t memory_format, sct_tensor *ret_out);

/* Zeros. */
SCT_API sct_status sct_zeros(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t device_type,
                             int32_t device_index, sct_tensor *ret_out);

/* Ones. */
SCT_API sct_status sct_ones(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t device_type,
                            int32_t device_index, sct_tensor *ret_out);

/* All elements `value`, converted to `dtype`. */
SCT_API sct_status sct_full(const int64_t *sizes, int64_t dim, double value, int32_t dtype,
                            int32_t device_type, int32_t device_index, sct_tensor *ret_out);

/* start, start + step, ... below `end` (above it for a negative step), shape
 * [ceil((end - start) / step)]. */
SCT_API sct_status sct_arange(double start, double end, double step, int32_t dtype,
                              int32_t device_type, int32_t device_index, sct_tensor *ret_out);

/* Identity matrix [n, n]. */
SCT_API sct_status sct_eye(int64_t n, int32_t dtype, int32_t device_type, int32_t device_index,
                           sct_tensor *ret_out);

/* Uninitialised, with the shape, dtype, device and strides of `self`. */
SCT_API sct_status sct_empty_like(sct_tensor self, sct_tensor *ret_out);

/* Zeros, with the shape, dtype, device and strides of `self`. */
SCT_API sct_status sct_zeros_like(sct_tensor self, sct_tensor *ret_out);

/* Ones, with the shape, dtype, device and strides of `self`. */
SCT_API sct_status sct_ones_like(sct_tensor self, sct_tensor *ret_out);

/* CPU tensor with a copy of row-major `data`; `bytes` must be exactly the size of the shape. */
SCT_API sct_status sct_tensor_from_data(const void *data, int64_t bytes, const int64_t *sizes,
                                        int64_t dim, int32_t dtype, sct_tensor *ret_out);

/* CPU tensor over memory of the caller, without a copy. `bytes` is the size of that memory, in
 * which sizes and strides must fit; `strides` (elements, not negative) may be NULL for row-major.
 * `data` is aligned to the dtype. Once libtorch lets go of the storage, `release_id` is put on the
 * list that sct_released_drain empties, and only then may the memory go. On failure nothing is put
 * on the list. */
SCT_API sct_status sct_tensor_wrap(void *data, int64_t bytes, const int64_t *sizes,
                                   const int64_t *strides, int64_t dim, int32_t dtype,
                                   int64_t release_id, sct_tensor *ret_out);

/* Frees `count` handles and writes NULL over them; NULL entries are skipped, so freeing an array
 * twice is harmless. */
SCT_API sct_status sct_tensor_free(sct_tensor *tensors, int64_t count);

/* Fills `ret_info`. More than SCT_MAX_DIM dimensions are SCT_UNSUPPORTED. */
SCT_API sct_status sct_tensor_describe(sct_tensor self, sct_tensor_info *ret_info);

/* Address of the first element, on the tensor's device. Valid while the storage lives and is not
 * resized. */
SCT_API sct_status sct_tensor_data(sct_tensor self, void **ret_data);

/* From now on the storage of `self`, which views share, keeps its size: operators that would resize
 * it fail. Whoever hands out its address calls this first. */
SCT_API sct_status sct_tensor_fix_storage(sct_tensor self);

/* Another handle on the same tensor: same storage, same autograd identity. */
SCT_API sct_status sct_tensor_alias(sct_tensor self, sct_tensor *ret_out);

/* Deep copy. `memory_format` SCT_PRESERVE keeps the strides. */
SCT_API sct_status sct_clone(sct_tensor self, int32_t memory_format, sct_tensor *ret_out);

/* Copies `src` into `self`, converting dtype and device and broadcasting. `non_blocking` matters
 * between pinned memory and a GPU only. */
SCT_API sct_status sct_copy_(sct_tensor self, sct_tensor src, bool non_blocking);

/* Converts. SCT_DTYPE_KEEP, SCT_DEVICE_KEEP and SCT_PRESERVE leave a property alone. Without
 * `copy` the result shares storage with `self` where nothing changes. */
SCT_API sct_status sct_to(sct_tensor self, int32_t dtype, int32_t device_type, int32_t device_index,
                          int32_t memory_format, bool non_blocking, bool copy, sct_tensor *ret_out);

/* The same values, laid out as `memory_format` (SCT_CONTIGUOUS or SCT_CHANNELS_LAST); shares
 * storage where they are already. */
SCT_API sct_status sct_contiguous(sct_tensor self, int32_t memory_format, sct_tensor *ret_out);

/* The only element as a double. */
SCT_API sct_status sct_item_double(sct_tensor self, double *ret_value);

/* The only element as an integer, truncated toward zero. */
SCT_API sct_status sct_item_int64(sct_tensor self, int64_t *ret_value);

/* Copies all values, row-major, converted to `dtype`, into `memory` of the host; any layout and
 * device. `bytes` must be exactly the size needed. */
SCT_API sct_status sct_tensor_read(sct_tensor self, int32_t dtype, void *memory, int64_t bytes);

#ifdef __cplusplus
}
#endif

#endif
