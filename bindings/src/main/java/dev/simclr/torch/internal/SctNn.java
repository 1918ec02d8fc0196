package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of nn.h. */
public final class SctNn {

  public static final int REDUCTION_NONE = Sct.SCT_REDUCTION_NONE();
  public static final int REDUCTION_MEAN = Sct.SCT_REDUCTION_MEAN();
  public static final int REDUCTION_SUM = Sct.SCT_REDUCTION_SUM();
  public static final int INTERPOLATE_NEAREST = Sct.SCT_INTERPOLATE_NEAREST();
  public static final int INTERPOLATE_BILINEAR = Sct.SCT_INTERPOLATE_BILINEAR();
  public static final int INTERPOLATE_BICUBIC = Sct.SCT_INTERPOLATE_BICUBIC();

  private SctNn() {}

  public static MemorySegment linear(
      MemorySegment input, MemorySegment weight, MemorySegment bias) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_linear(input, weight, bias, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment conv2d(
      MemorySegment input,
      MemorySegment weight,
      MemorySegment bias,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_conv2d(
            input,
            weight,
            bias,
            frame.longs(stride),
            frame.longs(padding),
            frame.longs(dilation),
            groups,
            frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment layerNorm(
      MemorySegment input,
      long[] normalizedShape,
      MemorySegment weight,
      MemorySegment bias,
      double eps) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_layer_norm(
            input,
            frame.longs(normalizedShape),
            normalizedShape.length,
            weight,
            bias,
            eps,
            frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment maxPool2d(
      MemorySegment input,
      long[] kernel,
      long[] stride,
      long[] padding,
      long[] dilation,
      boolean ceilMode) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_max_pool2d(
            input,
            frame.longs(kernel),
            frame.longs(stride),
            frame.longs(padding),
            frame.longs(dilation),
            ceilMode,
            frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment avgPool2d(
      MemorySegment input,
      long[] kernel,
      long[] stride,
      long[] padding,
      boolean ceilMode,
      boolean countIncludePad) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_avg_pool2d(
            input,
            frame.longs(kernel),
            frame.longs(stride),
            frame.longs(padding),
            ceilMode,
            countIncludePad,
            frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment adaptiveAvgPool2d(MemorySegment input, long height, long width) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_adaptive_avg_pool2d(input, height, width, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment crossEntropy(
      MemorySegment logits,
      MemorySegment target,
      MemorySegment weight,
      int reduction,
      long ignoreIndex,
      double labelSmoothing) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_cross_entropy(
            logits, target, weight, reduction, ignoreIndex, labelSmoothing, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment nllLoss(
      MemorySegment logProbs,
      MemorySegment target,
      MemorySegment weight,
      int reduction,
      long ignoreIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_nll_loss(logProbs, target, weight, reduction, ignoreIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment mseLoss(MemorySegment self, MemorySegment target, int reduction) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mse_loss(self, target, reduction, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment normalize(MemorySegment self, double p, long dim, double eps) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_normalize(self, p, dim, eps, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment interpolate(
      MemorySegment input, long height, long width, int mode, boolean antialias) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_interpolate(input, height, width, mode, antialias, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment pad(MemorySegment self, long[] padding, double value) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_pad(self, frame.longs(padding), padding.length, value, frame.out(0)));
    return frame.handle(0);
  }
}
