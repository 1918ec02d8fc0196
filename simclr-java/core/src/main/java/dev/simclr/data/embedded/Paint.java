package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * The colours of an image. Object and background differ in luminance, so that the object is there
 * in gray too; which of them is lighter is open. A few objects are hard to see, so that no encoder
 * knows all of them.
 *
 * @param body main colour of the object
 * @param mark second colour of the object
 * @param ground one colour of the background
 * @param pattern the other colour of the background
 */
record Paint(Rgb body, Rgb mark, Rgb ground, Rgb pattern) {
  private static final double CHROMA = 0.35;

  /** A difference in luminance, mostly strong; about one in nine is below 0.2. */
  private static double contrast(RandomStream random) {
    double weakness = random.nextDouble();
    return 0.48 - 0.40 * weakness * weakness * weakness;
  }

  static Paint random(RandomStream random) {
    double contrast = contrast(random);
    double middle = random.nextDouble(contrast / 2 + 0.1, 0.9 - contrast / 2);
    boolean lighter = random.nextInt(2) == 1;
    double body = middle + (lighter ? contrast : -contrast) / 2;
    double ground = middle - (lighter ? contrast : -contrast) / 2;
    double markContrast = contrast(random);
    double mark = body + (body > 0.5 ? -markContrast : markContrast);
    double pattern = ground + random.nextDouble(-0.15, 0.15);
    return new Paint(
        Rgb.random(random, body, CHROMA),
        Rgb.random(random, mark, CHROMA),
        Rgb.random(random, ground, CHROMA),
        Rgb.random(random, pattern, CHROMA));
  }
}
