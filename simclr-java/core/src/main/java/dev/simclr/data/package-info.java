/**
 * Data sets of images: where they come from, and how they are decoded once into a packed file that
 * later runs map.
 *
 * <p>{@link dev.simclr.data.Datasets#open} turns a {@link dev.simclr.data.DataSource} into an
 * {@link dev.simclr.data.ImageDataset} of 8-bit RGB images. Problems with the data are {@link
 * dev.simclr.data.DataException}s whose message names the file; a cache that cannot be written is a
 * {@link dev.simclr.io.CannotWriteException}.
 */
package dev.simclr.data;
