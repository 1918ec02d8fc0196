package dev.simclr.torch;

import dev.simclr.torch.internal.SctAutograd;

/**
 * Whether operators of this thread are recorded for gradients.
 *
 * <pre>{@code
 * try (var guard = GradMode.noGrad()) {
 *   features = encoder.forward(images);
 * }
 * }</pre>
 */
public final class GradMode {

  private GradMode() {}

  /** Stops recording until the guard closes. */
  public static Guard noGrad() {
    return new Guard(SctAutograd.enterGradMode(false));
  }

  /** Records until the guard closes. */
  public static Guard enableGrad() {
    return new Guard(SctAutograd.enterGradMode(true));
  }

  /**
   * Enters inference mode until the guard closes: no recording and no version counters. Tensors
   * made inside cannot take part in recording later.
   */
  public static Guard inference() {
    return new Guard(SctAutograd.enterInferenceMode());
  }

  /** Returns whether operators are recorded now. */
  public static boolean isEnabled() {
    return SctAutograd.gradEnabled();
  }
}
