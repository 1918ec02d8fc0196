package dev.simclr.train;

import dev.simclr.augment.ColorJitter;

/**
 * Colour jitter.
 *
 * @param color probability of colour jitter
 * @param colorStrength factor on the four jitter widths that follow
 * @param brightness brightness jitter at strength 1
 * @param contrast contrast jitter at strength 1
 * @param saturation saturation jitter at strength 1
 * @param hue hue jitter at strength 1, in turns
 */
public record ColorSettings(
    double color,
    double colorStrength,
    double brightness,
    double contrast,
    double saturation,
    double hue)
    implements Inline {
  static final ColorSettings DEFAULTS = new ColorSettings(0.8, 0.5, 0.8, 0.8, 0.8, 0.2);

  void check(String section) {
    Keys.between(section + "color", color, 0, 1);
    Keys.between(section + "color_strength", colorStrength, 0, 10);
    Keys.between(section + "brightness", brightness, 0, 10);
    Keys.between(section + "contrast", contrast, 0, 10);
    Keys.between(section + "saturation", saturation, 0, 10);
    Keys.between(section + "hue", hue, 0, 10);
    if (hue * colorStrength > 0.5) {
      throw new IllegalArgumentException(
          section
              + "hue x "
              + section
              + "color_strength is "
              + hue * colorStrength
              + "; allowed: at most 0.5 turns");
    }
  }

  ColorJitter jitter() {
    return new ColorJitter(
        color,
        brightness * colorStrength,
        contrast * colorStrength,
        saturation * colorStrength,
        hue * colorStrength);
  }
}
