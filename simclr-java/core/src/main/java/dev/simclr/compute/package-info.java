/**
 * What stands between Java's threads and libtorch: the one thread that computes, and the threads
 * that prepare its batches. Shared by training and by the use of trained encoders; not exported.
 */
package dev.simclr.compute;
