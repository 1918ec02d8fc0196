package dev.simclr.torch;

import dev.simclr.torch.internal.SctBatchNorm;
import dev.simclr.torch.internal.SctNn;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Layers and losses as functions. Images are {@code [N, C, H, W]}, contiguous or channels-last, and
 * the result has the same order in memory. Results belong to the innermost {@link TensorScope}.
 */
public final class Nn {

  /** How a loss of N samples becomes one number. */
  public enum Reduction {
    /** The N losses. */
    NONE,
    /** Their mean. */
    MEAN,
    /** Their sum. */
    SUM;

    private int code() {
      return switch (this) {
        case NONE -> SctNn.REDUCTION_NONE;
        case MEAN -> SctNn.REDUCTION_MEAN;
        case SUM -> SctNn.REDUCTION_SUM;
      };
    }
  }

  /** How {@link #interpolate} weighs. */
  public enum Interpolation {
    /** The nearest pixel. */
    NEAREST,
    /** The four nearest pixels. */
    BILINEAR,
    /** The sixteen nearest pixels. */
    BICUBIC;

    private int code() {
      return switch (this) {
        case NEAREST -> SctNn.INTERPOLATE_NEAREST;
        case BILINEAR -> SctNn.INTERPOLATE_BILINEAR;
        case BICUBIC -> SctNn.INTERPOLATE_BICUBIC;
      };
    }
  }

  /** Targets that {@link #crossEntropy} and {@link #nllLoss} leave out, as in PyTorch. */
  public static final long IGNORE_INDEX = -100;

  private Nn() {}

  /** Returns {@code input [*, in]} times the transpose of {@code weight [out, in]}. */
  public static Tensor linear(Tensor input, Tensor weight) {
    return linear(input, weight, Optional.empty());
  }

  /** Returns {@code input [*, in]} times the transpose of {@code weight [out, in]} plus a bias. */
  public static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
    return linear(input, weight, Optional.of(bias));
  }

  /**
   * Returns {@code input [*, in]} times the transpose of {@code weight [out, in]} plus {@code bias
   * [out]}, of shape {@code [*, out]}.
   */
  public static Tensor linear(Tensor input, Tensor weight, Optional<Tensor> bias) {
    return TensorScope.current().adopt(SctNn.linear(input.handle(), weight.handle(), handle(bias)));
  }

  /** Returns the cross-correlation with the same stride and so on for height and width. */
  public static Tensor conv2d(
      Tensor input,
      Tensor weight,
      Optional<Tensor> bias,
      long stride,
      long padding,
      long dilation,
      long groups) {
    return conv2d(input, weight, bias, pair(stride), pair(padding), pair(dilation), groups);
  }

  /**
   * Returns the cross-correlation of {@code input [N, C, H, W]} with {@code weight [O, C / groups,
   * KH, KW]} plus {@code bias [O]}.
   *
   * @param stride height and width
   * @param padding height and width
   * @param dilation height and width
   */
  public static Tensor conv2d(
      Tensor input,
      Tensor weight,
      Optional<Tensor> bias,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups) {
    return TensorScope.current()
        .adopt(
            SctNn.conv2d(
                input.handle(),
                weight.handle(),
                handle(bias),
                requirePair("stride", stride),
                requirePair("padding", padding),
                requirePair("dilation", dilation),
                groups));
  }

  /**
   * Returns batch normalisation over all dimensions but 1 (Ioffe and Szegedy 2015, <a
   * href="https://arxiv.org/abs/1502.03167">arXiv 1502.03167</a>).
   *
   * <p>With an input that is {@code [N, C]} or channels-last {@code [N, C, H, W]}, of FLOAT32 or
   * BFLOAT16 on the CPU and of FLOAT32, BFLOAT16 or FLOAT16 on a GPU where {@link Cuda#isLoaded},
   * and everything else in FLOAT32, these are native kernels of our own, which can be
   * differentiated once, in training. Anything else goes through operations of libtorch.
   *
   * @param weight scale {@code [C]}, or none
   * @param bias shift {@code [C]}, or none
   * @param runningMean {@code [C]}, changed in training: running = (1 - momentum) running +
   *     momentum batch
   * @param runningVar {@code [C]}, changed likewise, with the unbiased variance of the batch
   * @param training whether the statistics of the batch normalise, rather than the running ones
   * @throws TorchException of kind SHAPE if a channel has only one value in training
   */
  public static Tensor batchNorm(
      Tensor input,
      Optional<Tensor> weight,
      Optional<Tensor> bias,
      Tensor runningMean,
      Tensor runningVar,
      boolean training,
      double momentum,
      double eps) {
    return TensorScope.current()
        .adopt(
            SctBatchNorm.batchNorm(
                input.handle(),
                handle(weight),
                handle(bias),
                runningMean.handle(),
                runningVar.handle(),
                training,
                momentum,
                eps));
  }

  /**
   * Returns batch normalisation, as {@link #batchNorm} has it, without what is negative: {@code
   * max(0, batchNorm(input))}, in the same kernels.
   */
  public static Tensor batchNormRelu(
      Tensor input,
      Optional<Tensor> weight,
      Optional<Tensor> bias,
      Tensor runningMean,
      Tensor runningVar,
      boolean training,
      double momentum,
      double eps) {
    return batchNormRelu(
        input, Optional.empty(), weight, bias, runningMean, runningVar, training, momentum, eps);
  }

  /**
   * Returns batch normalisation, as {@link #batchNorm} has it, plus the shortcut of a residual
   * block, without what is negative: {@code max(0, batchNorm(input) + shortcut)}, in the same
   * kernels.
   *
   * @param shortcut a tensor like {@code input}, or none
   * @param weight scale {@code [C]}, or none
   * @param bias shift {@code [C]}, or none
   * @param runningMean {@code [C]}, changed in training
   * @param runningVar {@code [C]}, changed in training
   * @param training whether the statistics of the batch normalise, rather than the running ones
   * @throws TorchException of kind SHAPE if a channel has only one value in training, or if the
   *     shortcut has another shape than the input
   */
  public static Tensor batchNormRelu(
      Tensor input,
      Optional<Tensor> shortcut,
      Optional<Tensor> weight,
      Optional<Tensor> bias,
      Tensor runningMean,
      Tensor runningVar,
      boolean training,
      double momentum,
      double eps) {
    return TensorScope.current()
        .adopt(
            SctBatchNorm.batchNormRelu(
                input.handle(),
                handle(shortcut),
                handle(weight),
                handle(bias),
                runningMean.handle(),
                runningVar.handle(),
                training,
                momentum,
                eps));
  }

  /**
   * Returns layer normalisation over the last dimensions.
   *
   * @param normalizedShape their sizes
   * @param weight scale of that shape, or none
   * @param bias shift of that shape, or none
   */
  public static Tensor layerNorm(
      Tensor input,
      long[] normalizedShape,
      Optional<Tensor> weight,
      Optional<Tensor> bias,
      double eps) {
    return TensorScope.current()
        .adopt(SctNn.layerNorm(input.handle(), normalizedShape, handle(weight), handle(bias), eps));
  }

  /** Returns maximum pooling with a square window, no dilation, sizes rounded down. */
  public static Tensor maxPool2d(Tensor input, long kernel, long stride, long padding) {
    return maxPool2d(input, pair(kernel), pair(stride), pair(padding), pair(1), false);
  }

  /**
   * Returns maximum pooling; each array is height and width.
   *
   * @param ceilMode whether sizes are rounded up
   */
  public static Tensor maxPool2d(
      Tensor input,
      long[] kernel,
      long[] stride,
      long[] padding,
      long[] dilation,
      boolean ceilMode) {
    return TensorScope.current()
        .adopt(
            SctNn.maxPool2d(
                input.handle(),
                requirePair("kernel", kernel),
                requirePair("stride", stride),
                requirePair("padding", padding),
                requirePair("dilation", dilation),
                ceilMode));
  }

  /** Returns average pooling with a square window; padding counts, sizes are rounded down. */
  public static Tensor avgPool2d(Tensor input, long kernel, long stride, long padding) {
    return avgPool2d(input, pair(kernel), pair(stride), pair(padding), false, true);
  }

  /**
   * Returns average pooling; each array is height and width.
   *
   * @param ceilMode whether sizes are rounded up
   * @param countIncludePad whether padding counts in the averages
   */
  public static Tensor avgPool2d(
      Tensor input,
      long[] kernel,
      long[] stride,
      long[] padding,
      boolean ceilMode,
      boolean countIncludePad) {
    return TensorScope.current()
        .adopt(
            SctNn.avgPool2d(
                input.handle(),
                requirePair("kernel", kernel),
                requirePair("stride", stride),
                requirePair("padding", padding),
                ceilMode,
                countIncludePad));
  }

  /** Returns averages over a grid of windows, {@code [N, C, height, width]}. */
  public static Tensor adaptiveAvgPool2d(Tensor input, long height, long width) {
    return TensorScope.current().adopt(SctNn.adaptiveAvgPool2d(input.handle(), height, width));
  }

  /**
   * Returns the mean softmax cross-entropy of {@code logits [N, C]} and INT64 classes {@code [N]}.
   */
  public static Tensor crossEntropy(Tensor logits, Tensor targets) {
    return crossEntropy(logits, targets, Optional.empty(), Reduction.MEAN, IGNORE_INDEX, 0);
  }

  /**
   * Returns the softmax cross-entropy.
   *
   * @param logits {@code [N, C]}
   * @param targets INT64 classes {@code [N]}, or probabilities {@code [N, C]}
   * @param weight of each class {@code [C]}, or none
   * @param ignoreIndex the class that does not count
   * @param labelSmoothing the share, in [0, 1], of the target that is spread over all classes
   */
  public static Tensor crossEntropy(
      Tensor logits,
      Tensor targets,
      Optional<Tensor> weight,
      Reduction reduction,
      long ignoreIndex,
      double labelSmoothing) {
    return TensorScope.current()
        .adopt(
            SctNn.crossEntropy(
                logits.handle(),
                targets.handle(),
                handle(weight),
                reduction.code(),
                ignoreIndex,
                labelSmoothing));
  }

  /** Returns the mean negative log-likelihood of INT64 classes {@code [N]}. */
  public static Tensor nllLoss(Tensor logProbabilities, Tensor targets) {
    return nllLoss(logProbabilities, targets, Optional.empty(), Reduction.MEAN, IGNORE_INDEX);
  }

  /**
   * Returns the negative log-likelihood.
   *
   * @param logProbabilities {@code [N, C]}
   * @param targets INT64 classes {@code [N]}
   * @param weight of each class {@code [C]}, or none
   * @param ignoreIndex the class that does not count
   */
  public static Tensor nllLoss(
      Tensor logProbabilities,
      Tensor targets,
      Optional<Tensor> weight,
      Reduction reduction,
      long ignoreIndex) {
    return TensorScope.current()
        .adopt(
            SctNn.nllLoss(
                logProbabilities.handle(),
                targets.handle(),
                handle(weight),
                reduction.code(),
                ignoreIndex));
  }

  /** Returns the squared differences, reduced. */
  public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
    return TensorScope.current()
        .adopt(SctNn.mseLoss(input.handle(), target.handle(), reduction.code()));
  }

  /** Returns {@code input / max(||input||_2, 1e-12)}, norms taken over {@code dim}. */
  public static Tensor normalize(Tensor input, long dim) {
    return normalize(input, 2, dim, 1e-12);
  }

  /** Returns {@code input / max(||input||_p, eps)}, norms taken over {@code dim}. */
  public static Tensor normalize(Tensor input, double p, long dim, double eps) {
    return TensorScope.current().adopt(SctNn.normalize(input.handle(), p, dim, eps));
  }

  /**
   * Resizes images to {@code [N, C, height, width]} with half-pixel centres.
   *
   * @param antialias whether the filter widens when shrinking, as Pillow's does; not for NEAREST
   */
  public static Tensor interpolate(
      Tensor input, long height, long width, Interpolation mode, boolean antialias) {
    return TensorScope.current()
        .adopt(SctNn.interpolate(input.handle(), height, width, mode.code(), antialias));
  }

  /**
   * Pads with a constant.
   *
   * @param padding two numbers a dimension, before and after it, the last dimension first
   */
  public static Tensor pad(Tensor input, double value, long... padding) {
    return TensorScope.current().adopt(SctNn.pad(input.handle(), padding, value));
  }

  private static MemorySegment handle(Optional<Tensor> tensor) {
    return tensor.map(Tensor::handle).orElse(MemorySegment.NULL);
  }

  private static long[] pair(long value) {
    return new long[] {value, value};
  }

  private static long[] requirePair(String name, long[] values) {
    if (values.length != 2) {
      throw new IllegalArgumentException(
          name + ": " + Arrays.toString(values) + ", must be height and width");
    }
    return values;
  }
}
