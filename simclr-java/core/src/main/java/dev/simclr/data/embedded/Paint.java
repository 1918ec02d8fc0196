package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * The colours of an image. Object and background differ in luminance, so that the object is there
 * in gray too; which of them is lighter is open.
 *
 * @param body main colour of the object
 * @param mark second colour of the object
 * @param ground one colour of the background
 * @param pattern the other colour of the background
 */
record Paint(Rgb body, Rgb mark, Rgb ground, Rgb pattern) {
  private static final double CHROMA = 0.35;

  static Paint random(RandomStream random) {
    double contrast = random.nextDouble(0.30, 0.50);
    double middle = random.nextDouble(contrast / 2 + 0.1, 0.9 - contrast / 2);
    boolean lighter = random.nextInt(2) == 1;
    double body = middle + (lighter ? contrast : -contrast) / 2;
    double ground = middle - (lighter ? contrast : -contrast) / 2;
    double markContrast = random.nextDouble(0.35, 0.50);
    double mark = body + (body > 0.5 ? -markContrast : markContrast);
    double pattern = ground + random.nextDouble(-0.15, 0.15);
    return new Paint(
        Rgb.random(random, body, CHROMA),
        Rgb.random(random, mark, CHROMA),
        Rgb.random(random, ground, CHROMA),
        Rgb.random(random, pattern, CHROMA));
  }
}
