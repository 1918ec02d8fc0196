/**
 * Training: the configuration of a run, the loop that turns images into an encoder, and what it
 * leaves on disk.
 *
 * <p>{@link dev.simclr.train.Pretrainer} is where to start.
 */
package dev.simclr.train;
