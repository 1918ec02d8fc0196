/**
 * Randomness without state: every number is a function of what it is for.
 *
 * <p>All numbers come from Philox4x32-10, keyed by the seed and counted by (purpose, epoch, sample,
 * view), so threads, workers, restarts and devices never change them.
 */
package dev.simclr.random;
