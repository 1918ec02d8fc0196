package dev.simclr.augment;

/**
 * One operation on a view, with the parameters that were drawn for it. Every implementation, on
 * every device, computes the same from them.
 *
 * <p>x is a value of the view, in [0, 1] but for what a cubic resize overshoots; gray is 0.2989 r +
 * 0.587 g + 0.114 b of the pixel; clamped means to [0, 1]; a view has S x S pixels.
 */
public sealed interface ViewOp {

  /**
   * x f, clamped.
   *
   * @param factor f, at least 0
   */
  record Brightness(float factor) implements ViewOp {
    /** Checks the factor. */
    public Brightness {
      Checks.between("brightness factor", factor, 0, Checks.LARGEST);
    }
  }

  /**
   * x f + m (1 - f), clamped; m is the mean gray of the view at that moment (torchvision).
   *
   * @param factor f, at least 0
   */
  record Contrast(float factor) implements ViewOp {
    /** Checks the factor. */
    public Contrast {
      Checks.between("contrast factor", factor, 0, Checks.LARGEST);
    }
  }

  /**
   * x f + m (1 - f), clamped; m is the mean of the channel at that moment (TensorFlow).
   *
   * @param factor f, at least 0
   */
  record ContrastChannels(float factor) implements ViewOp {
    /** Checks the factor. */
    public ContrastChannels {
      Checks.between("contrast factor", factor, 0, Checks.LARGEST);
    }
  }

  /**
   * x f + gray (1 - f), clamped (torchvision).
   *
   * @param factor f, at least 0
   */
  record Saturation(float factor) implements ViewOp {
    /** Checks the factor. */
    public Saturation {
      Checks.between("saturation factor", factor, 0, Checks.LARGEST);
    }
  }

  /**
   * The saturation in HSV times f, clamped (TensorFlow).
   *
   * @param factor f, at least 0
   */
  record SaturationHsv(float factor) implements ViewOp {
    /** Checks the factor. */
    public SaturationHsv {
      Checks.between("saturation factor", factor, 0, Checks.LARGEST);
    }
  }

  /**
   * The hue in HSV plus a shift. The largest channel keeps its value, the others are clamped.
   *
   * @param shift in turns of the colour circle, -0.5 to 0.5
   */
  record Hue(float shift) implements ViewOp {
    /** Checks the shift. */
    public Hue {
      Checks.between("hue shift", shift, -0.5, 0.5);
    }
  }

  /** All channels become gray. */
  record Gray() implements ViewOp {}

  /**
   * Gaussian blur in two passes of {@link ViewFormat#blurTaps()} taps, borders reflected without
   * repeating the edge (torchvision). Nothing where that is one tap.
   *
   * @param sigma standard deviation in pixels of the view, above 0
   */
  record Blur(float sigma) implements ViewOp {
    /** Checks the standard deviation. */
    public Blur {
      Checks.between("blur sigma", sigma, 1e-6f, Checks.LARGEST);
    }
  }

  /**
   * Gaussian blur as {@link Blur}, with zeros beyond the border, so that borders darken (the {@code
   * SAME} padding of TensorFlow).
   *
   * @param sigma standard deviation in pixels of the view, above 0
   */
  record BlurZero(float sigma) implements ViewOp {
    /** Checks the standard deviation. */
    public BlurZero {
      Checks.between("blur sigma", sigma, 1e-6f, Checks.LARGEST);
    }
  }

  /**
   * 1 - x where x is at least the threshold, else x.
   *
   * @param threshold 0 to 1
   */
  record Solarize(float threshold) implements ViewOp {
    /** Checks the threshold. */
    public Solarize {
      Checks.between("solarize threshold", threshold, 0, 1);
    }
  }

  /**
   * Histogram equalisation as torchvision's {@code equalize} of floats: each channel, as bytes
   * floor(255.999 x), is mapped through its own cumulative histogram.
   */
  record Equalize() implements ViewOp {}

  /**
   * 0 in a box, as drawn by DeVries and Taylor, "Improved regularization of convolutional neural
   * networks with Cutout" (arXiv 1708.04552).
   *
   * @param top first row of the box
   * @param left first column of the box
   * @param height rows of the box, at least 1; the box lies within the view
   * @param width columns of the box, at least 1
   */
  record Cutout(int top, int left, int height, int width) implements ViewOp {
    /** Checks the values, as far as that goes without the size of the view. */
    public Cutout {
      Checks.atLeast("cutout top", top, 0);
      Checks.atLeast("cutout left", left, 0);
      Checks.atLeast("cutout height", height, 1);
      Checks.atLeast("cutout width", width, 1);
    }
  }

  /**
   * A box of the view, resized to the size of the view with {@link ViewFormat#interpolation()}, as
   * the crop of an image is. The box is not larger than the view, so that no filter is stretched; a
   * cubic one may overshoot.
   *
   * @param top first row of the box
   * @param left first column of the box
   * @param height rows of the box, at least 1; the box lies within the view
   * @param width columns of the box, at least 1
   */
  record Crop(int top, int left, int height, int width) implements ViewOp {
    /** Checks the values, as far as that goes without the size of the view. */
    public Crop {
      Checks.atLeast("view crop top", top, 0);
      Checks.atLeast("view crop left", left, 0);
      Checks.atLeast("view crop height", height, 1);
      Checks.atLeast("view crop width", width, 1);
    }
  }

  /**
   * A rotation counterclockwise.
   *
   * @param quarterTurns 0 to 3
   */
  record Rotation(int quarterTurns) implements ViewOp {
    /** Checks the number. */
    public Rotation {
      Checks.between("quarter turns", quarterTurns, 0, 3);
    }
  }

  /**
   * The magnitude of the Sobel gradient of gray, sqrt(gx^2 + gy^2) / 4, clamped, in all channels.
   * gx is gray correlated with the outer product of the column (1, 2, 1) and the row (-1, 0, 1), gy
   * with its transpose; beyond the border the edge pixels are repeated.
   */
  record Sobel() implements ViewOp {}

  /**
   * x + s n, clamped, with an independent standard normal n for each pixel and channel, by the
   * method of Box and Muller. With the words w0 to w3 of Philox4x32-10 for the key and the counter
   * (pixel in row-major order, 0, 0, 0), u(w) = floor(w / 2^8) / 2^24 and r(w) = sqrt(-2 ln(u(w) +
   * 2^-24)): n is r(w0) cos(2 pi u(w1)) for red, r(w0) sin(2 pi u(w1)) for green and r(w2) cos(2 pi
   * u(w3)) for blue.
   *
   * @param std s, at least 0
   * @param key Philox key, the low word first
   */
  record Noise(float std, long key) implements ViewOp {
    /** Checks the standard deviation. */
    public Noise {
      Checks.between("noise std", std, 0, Checks.LARGEST);
    }
  }

  /** x, clamped. */
  record Clamp() implements ViewOp {}
}
