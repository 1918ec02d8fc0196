package dev.simclr.data.embedded;

import dev.simclr.data.DataSource;
import dev.simclr.data.GeneratedSource;
import dev.simclr.data.ImageGenerator;
import dev.simclr.data.RgbImage;
import dev.simclr.data.Split;
import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Draws 32 x 32 colour images of ten object classes.
 *
 * <p>An image follows from seed and index alone, through {@link Purpose#EMBEDDED_DATA}: the same
 * bytes on every machine. Classes take turns, so that a number of images that ten divides has
 * equally many of each. Immutable.
 */
public final class EmbeddedImages implements ImageGenerator {
  /** Height and width of an image in pixels. */
  public static final int IMAGE_SIZE = 32;

  /** Training images of {@link #source()}. */
  public static final int TRAIN_IMAGES = 5000;

  /** Test images of {@link #source()}. */
  public static final int TEST_IMAGES = 2000;

  // Part of the name of cached images: to be raised with every change of what is drawn.
  private static final int VERSION = 1;

  private static final ObjectClass[] CLASSES = ObjectClass.values();
  private static final List<String> NAMES = Arrays.stream(CLASSES).map(ObjectClass::label).toList();

  private final long seed;
  private final int size;

  private EmbeddedImages(long seed, int size) {
    this.seed = seed;
    this.size = size;
  }

  /**
   * The images of a seed.
   *
   * @param seed any number; other seeds give other images
   * @param size number of images, at least 1
   * @throws IllegalArgumentException if {@code size} is below 1
   */
  public static EmbeddedImages of(long seed, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("size is " + size + "; allowed: at least 1");
    }
    return new EmbeddedImages(seed, size);
  }

  /** The data set that {@code data.source: embedded} names; its splits have different seeds. */
  public static DataSource source() {
    return GeneratedSource.of(
        "embedded",
        Map.of(
            Split.TRAIN, of(seed(Split.TRAIN), TRAIN_IMAGES),
            Split.TEST, of(seed(Split.TEST), TEST_IMAGES)));
  }

  /** The seed of a split of {@link #source()}. */
  static long seed(Split split) {
    return switch (split) {
      case TRAIN -> 1;
      case TEST -> 2;
    };
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public List<String> classNames() {
    return NAMES;
  }

  @Override
  public int label(int index) {
    return objectClass(index).ordinal();
  }

  /**
   * Draws an image.
   *
   * @throws IndexOutOfBoundsException if there is no such image
   */
  @Override
  public RgbImage draw(int index) {
    return RgbImage.of(IMAGE_SIZE, IMAGE_SIZE, scene(index).pixels());
  }

  @Override
  public String parameters() {
    return "embedded " + VERSION + ", seed " + seed + ", " + size + " images";
  }

  /** What the image shows. */
  Scene scene(int index) {
    RandomStream random = new RandomStream().at(seed, Purpose.EMBEDDED_DATA, 0, index, 0);
    return Scene.random(objectClass(index), random);
  }

  private ObjectClass objectClass(int index) {
    return CLASSES[Objects.checkIndex(index, size) % CLASSES.length];
  }
}
