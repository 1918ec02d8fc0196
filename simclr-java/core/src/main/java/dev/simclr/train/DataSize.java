package dev.simclr.train;

import dev.simclr.data.ImageLabels;
import java.util.Optional;

/**
 * How many images a configuration's data has.
 *
 * @param train training images
 * @param test test images
 * @param missing why the numbers are those that were published with the data, if the data itself
 *     was not found
 */
public record DataSize(int train, int test, Optional<String> missing) {
  /** Counts what is listed. */
  static DataSize of(DataListing listing) {
    return new DataSize(
        listing.train().size(), listing.test().map(ImageLabels::size).orElse(0), listing.missing());
  }
}
