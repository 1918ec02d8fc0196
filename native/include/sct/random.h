/* Random numbers. Functions with a seed draw from a fresh CPU generator (mt19937) and neither read
 * nor change any global state. For seeds below 2^32 the numbers are those of PyTorch with
 * torch.Generator().manual_seed(seed). A tensor in another layout or on another device gets the
 * same numbers, element by element. No graph is recorded. */
#ifndef SCT_RANDOM_H
#define SCT_RANDOM_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills with normal deviates; `std` must not be negative. */
SCT_API sct_status sct_normal_(sct_tensor self, double mean, double std, uint64_t seed);

/* Fills with deviates uniform in [from, to). */
SCT_API sct_status sct_uniform_(sct_tensor self, double from, double to, uint64_t seed);

/* Permutation of 0 to n - 1, int64 [n], on the CPU. */
SCT_API sct_status sct_randperm(int64_t n, uint64_t seed, sct_tensor *ret_out);

/* Seeds libtorch's default generators, on all devices. */
SCT_API sct_status sct_manual_seed(uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
