package dev.simclr.data;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A fixed, ordered set of 8-bit RGB images in memory or in a mapped file.
 *
 * <p>Images always have three interleaved channels (red, green, blue); gray images have their value
 * in all three. Sizes may differ from image to image. Labels are optional.
 *
 * <p>All methods may be called from any thread. An index outside {@code [0, size())} is an {@link
 * IndexOutOfBoundsException}; asking for an image or a fact about one after {@link #close()} is an
 * {@link IllegalStateException}.
 */
public interface ImageDataset extends ImageLabels, AutoCloseable {
  /** The label of an image whose class is not known. */
  int UNLABELLED = -1;

  /** Number of images, at least 1. */
  @Override
  int size();

  /** Rows of image {@code index}, at least 1. */
  int height(int index);

  /** Columns of image {@code index}, at least 1. */
  int width(int index);

  /**
   * The pixels of image {@code index}. Where the data set holds JPEG files they are decoded anew at
   * each call; threads that read many images do better with a {@link #reader()}.
   *
   * @return a read-only uint8 segment of exactly {@code height * width * 3} bytes, {@code [height,
   *     width, 3]} in row-major order. Its memory belongs to an automatic or global arena: it may
   *     be read from any thread, handed to native code, and stays valid for as long as it is
   *     reachable.
   */
  MemorySegment image(int index);

  /** A reader for one thread, which decodes no more than is asked for. */
  default PixelReader reader() {
    return new WholeImages(this);
  }

  /** The class of image {@code index}, in {@code [0, classNames().size())}, or -1 if not known. */
  @Override
  int label(int index);

  /** Whether every image has a label. */
  @Override
  boolean labelled();

  /** The names of the classes, by label. Empty when the data set has no classes. Unmodifiable. */
  @Override
  List<String> classNames();

  /** Where image {@code index} came from: a path relative to the root, or {@code "train/00017"}. */
  @Override
  String name(int index);

  /**
   * SHA-256 in hexadecimal over names, labels, class names, sizes and pixels in their order, and
   * for images of JPEG files the name of their decoder; where a data set holds the files
   * themselves, over those instead of the pixels. Equal if and only if the data sets are, wherever
   * they lie.
   */
  String fingerprint();

  /** The images that were left out because they could not be decoded. Unmodifiable. */
  default List<BadImage> skipped() {
    return List.of();
  }

  /** Image {@code index} with all that is known about it. */
  default Sample sample(int index) {
    return new Sample(index, name(index), label(index), height(index), width(index), image(index));
  }

  /** All images in their order. The stream may be made parallel. */
  default Stream<Sample> samples() {
    return IntStream.range(0, size()).mapToObj(this::sample);
  }

  /** Ends the use of the data set. Calling it again does nothing. */
  @Override
  void close();
}
