// Marks functions that nvcc compiles for the GPU and for the host, and host compilers as they are.
#pragma once

#ifdef __CUDACC__
#define SIMCLR_HOST_DEVICE __host__ __device__
#else
#define SIMCLR_HOST_DEVICE
#endif
