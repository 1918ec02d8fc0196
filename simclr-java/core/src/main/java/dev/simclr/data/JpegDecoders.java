package dev.simclr.data;

import dev.simclr.torch.Jpeg;
import java.util.Optional;

/**
 * Which decoder reads JPEG files in this process: libjpeg-turbo where its library can be loaded,
 * else the JDK's ImageIO, which is slower. The system property {@code simclr.jpeg} decides
 * otherwise: {@code libjpeg-turbo} or {@code imageio}.
 */
public final class JpegDecoders {
  static final String PROPERTY = "simclr.jpeg";

  /** Chosen at first use, so that one process never mixes them. */
  private static JpegDecoder chosen;

  private JpegDecoders() {}

  /**
   * Names the decoder and, if it is not libjpeg-turbo, says why.
   *
   * @throws IllegalArgumentException if the system property asks for what there is not
   */
  public static String describe() {
    JpegDecoder decoder = system();
    if (decoder instanceof TurboJpegDecoder) {
      return decoder.describe();
    }
    return decoder.describe()
        + (System.getProperty(PROPERTY) == null
            ? "; " + Jpeg.unavailableReason()
            : ", as -D" + PROPERTY + " asks");
  }

  /** Whether the decoder can make images smaller, and decode parts of them, at less cost. */
  public static boolean canReduce() {
    return system() instanceof TurboJpegDecoder;
  }

  /** The decoder of this process. */
  static synchronized JpegDecoder system() {
    if (chosen == null) {
      chosen = choose(Optional.ofNullable(System.getProperty(PROPERTY)));
    }
    return chosen;
  }

  static JpegDecoder choose(Optional<String> wish) {
    String name =
        wish.orElseGet(() -> Jpeg.isAvailable() ? TurboJpegDecoder.ID : ImageIoJpegDecoder.ID);
    return switch (name) {
      case ImageIoJpegDecoder.ID -> new ImageIoJpegDecoder();
      case TurboJpegDecoder.ID -> {
        if (!Jpeg.isAvailable()) {
          throw new IllegalArgumentException(
              "-D" + PROPERTY + " is " + name + ", but " + Jpeg.unavailableReason());
        }
        yield new TurboJpegDecoder();
      }
      default ->
          throw new IllegalArgumentException(
              "-D%s is %s; allowed: %s, %s"
                  .formatted(PROPERTY, name, TurboJpegDecoder.ID, ImageIoJpegDecoder.ID));
    };
  }
}
