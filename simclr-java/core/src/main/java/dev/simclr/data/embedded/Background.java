package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/** A texture behind the object: clouds, bands or patches of two colours, of any scale and angle. */
final class Background {
  private enum Kind {
    CLOUDS,
    BANDS,
    PATCHES
  }

  private final Kind kind;
  private final double perPixelX;
  private final double perPixelY;
  private final double cos;
  private final double sin;
  private final double waviness;
  private final ValueNoise noise;

  private Background(
      Kind kind,
      double perPixelX,
      double perPixelY,
      double angle,
      double waviness,
      ValueNoise noise) {
    this.kind = kind;
    this.perPixelX = perPixelX;
    this.perPixelY = perPixelY;
    this.cos = StrictMath.cos(angle);
    this.sin = StrictMath.sin(angle);
    this.waviness = waviness;
    this.noise = noise;
  }

  static Background random(RandomStream random) {
    Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
    double scale = random.nextDouble(0.10, 0.30);
    double squeeze = random.nextDouble(0.5, 1);
    double angle = random.nextDouble(0, 2 * StrictMath.PI);
    double waviness = random.nextDouble(0, 1.5);
    return new Background(kind, scale, scale * squeeze, angle, waviness, new ValueNoise(random));
  }

  /** The share of the pattern's colour at a point of the image, 0 to 1. */
  double at(double x, double y) {
    double u = (x * cos + y * sin) * perPixelX;
    double v = (y * cos - x * sin) * perPixelY;
    double value = noise.at(u, v);
    return switch (kind) {
      case CLOUDS -> value;
      case BANDS -> 0.5 + 0.5 * StrictMath.sin(4 * (u + waviness * value));
      case PATCHES -> Math.clamp(0.5 + 6 * (value - 0.5), 0.0, 1.0);
    };
  }
}
