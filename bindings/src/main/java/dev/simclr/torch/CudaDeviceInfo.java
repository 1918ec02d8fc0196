package dev.simclr.torch;

/**
 * A GPU.
 *
 * @param name what its maker calls it
 * @param totalMemoryBytes size of its memory
 * @param computeMajor major number of its compute capability
 * @param computeMinor minor number of its compute capability
 * @param multiprocessors number of streaming multiprocessors
 */
public record CudaDeviceInfo(
    String name, long totalMemoryBytes, int computeMajor, int computeMinor, int multiprocessors) {}
