package dev.simclr.embed;

import java.lang.foreign.MemorySegment;

/** Takes the features of a data set, one forward pass after the other, in the images' order. */
@FunctionalInterface
public interface RowConsumer {
  /**
   * Takes features. It is called on the encoder's compute thread, so it must not call the encoder;
   * what it throws ends the computation and reaches the caller.
   *
   * @param first index of the first image
   * @param rows {@code [b, D]} float32 in native byte order, row-major; valid during the call only
   */
  void accept(long first, MemorySegment rows);
}
