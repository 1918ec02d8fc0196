// Marks functions that nvcc compiles for the GPU and for the host, or for the GPU only, and loops
// that it unrolls so that arrays are in registers. Host compilers compile both as they are.
#pragma once

#ifdef __CUDACC__
#define SIMCLR_HOST_DEVICE __host__ __device__
#define SIMCLR_DEVICE __device__
#define SIMCLR_UNROLL _Pragma("unroll")
#else
#define SIMCLR_HOST_DEVICE
#define SIMCLR_DEVICE
#define SIMCLR_UNROLL
#endif
