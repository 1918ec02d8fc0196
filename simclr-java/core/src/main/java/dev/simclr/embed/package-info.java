/**
 * The use of trained encoders: images to features, from any thread.
 *
 * <p>{@link dev.simclr.embed.Encoder} is where to start.
 */
package dev.simclr.embed;
