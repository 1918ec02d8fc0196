/* Settings of the whole process. */
#ifndef SCT_CONTEXT_H
#define SCT_CONTEXT_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Threads of one operator (OpenMP), at least 1. Belongs to the calling thread's team: set it on the
 * thread that computes. */
SCT_API sct_status sct_set_num_threads(int32_t threads);

/* Threads of one operator. */
SCT_API sct_status sct_num_threads(int32_t *ret_threads);

/* Threads that run independent operators; at least 1, once only, before they are first used. */
SCT_API sct_status sct_set_num_interop_threads(int32_t threads);

/* Threads that run independent operators. */
SCT_API sct_status sct_num_interop_threads(int32_t *ret_threads);

/* How many threads a parallel loop of this library really gets now: runs one and counts. */
SCT_API sct_status sct_parallel_width(int32_t *ret_threads);

/* Deterministic algorithms only; operators that have none fail. On CUDA this needs
 * CUBLAS_WORKSPACE_CONFIG in the environment of the process. */
SCT_API sct_status sct_set_deterministic(bool deterministic);

/* Whether deterministic algorithms are asked for. */
SCT_API sct_status sct_deterministic(bool *ret_deterministic);

/* Whether CUDA may multiply float32 in TF32. */
SCT_API sct_status sct_set_allow_tf32(bool allowed);

/* Whether cuDNN measures convolution algorithms and keeps the fastest. */
SCT_API sct_status sct_set_cudnn_benchmark(bool enabled);

/* Whether the calling thread flushes denormals to zero; SCT_UNSUPPORTED where the processor
 * cannot. */
SCT_API sct_status sct_set_flush_denormal(bool enabled);

#ifdef __cplusplus
}
#endif

#endif
