package dev.simclr.torch;

/**
 * Memory of a GPU, in bytes.
 *
 * @param allocated in tensors of this process
 * @param allocatedPeak the most in tensors since the last reset
 * @param reserved taken from the driver by libtorch's caching allocator
 * @param reservedPeak the most taken from the driver since the last reset
 * @param deviceFree free on the device, whoever uses the rest
 * @param deviceTotal size of the device's memory
 */
public record CudaMemoryStats(
    long allocated,
    long allocatedPeak,
    long reserved,
    long reservedPeak,
    long deviceFree,
    long deviceTotal) {}
