package dev.simclr.model;

import dev.simclr.torch.DType;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/**
 * Batch normalisation over all dimensions but the second (Ioffe and Szegedy 2015, arXiv
 * 1502.03167), for [N, C] and [N, C, H, W] alike. Epsilon 1e-5 and momentum 0.1, as in PyTorch and
 * in the SimCLR reference (which calls it decay 0.9).
 */
public final class BatchNorm extends Module {

  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  private final Slot weight;
  private final Optional<Slot> bias;
  private final Slot runningMean;
  private final Slot runningVar;
  private final Slot batchesTracked;

  /**
   * Creates a batch norm with scale 1 and shift 0.
   *
   * @param channels size of the second dimension
   */
  public BatchNorm(int channels) {
    this(channels, 1, true);
  }

  /**
   * Creates a batch norm.
   *
   * @param channels size of the second dimension
   * @param scale first value of the scale; 0 lets a residual branch start as nothing
   * @param shift whether there is a shift (beta)
   */
  public BatchNorm(int channels, double scale, boolean shift) {
    try (var _ = TensorScope.open()) {
      weight =
          parameter(
              "weight", ParameterKind.NORM_SCALE, Tensor.full(scale, DType.FLOAT32, channels));
      bias =
          shift
              ? Optional.of(
                  parameter(
                      "bias", ParameterKind.NORM_SHIFT, Tensor.zeros(DType.FLOAT32, channels)))
              : Optional.empty();
      runningMean = buffer("running_mean", Tensor.zeros(DType.FLOAT32, channels));
      runningVar = buffer("running_var", Tensor.ones(DType.FLOAT32, channels));
      batchesTracked = buffer("num_batches_tracked", Tensor.zeros(DType.INT64));
    }
  }

  /**
   * Normalises: with the batch's statistics, which the running ones follow, in training mode; with
   * the running ones in evaluation mode.
   *
   * @param x [N, C] or [N, C, H, W]
   * @return a tensor like x
   */
  @Override
  public Tensor forward(Tensor x) {
    countBatch();
    return Nn.batchNorm(
        x,
        Optional.of(weight.tensor()),
        bias.map(Slot::tensor),
        runningMean.tensor(),
        runningVar.tensor(),
        isTraining(),
        MOMENTUM,
        EPSILON);
  }

  /**
   * Normalises, then cuts off what is negative.
   *
   * @param x [N, C] or [N, C, H, W]
   * @return max(0, forward(x)), a tensor like x
   */
  public Tensor forwardRelu(Tensor x) {
    return forwardRelu(x, Optional.empty());
  }

  /**
   * Normalises, adds the shortcut of a residual block, then cuts off what is negative.
   *
   * @param x [N, C, H, W]
   * @param shortcut a tensor like x
   * @return max(0, forward(x) + shortcut), a tensor like x
   */
  public Tensor forwardAddRelu(Tensor x, Tensor shortcut) {
    return forwardRelu(x, Optional.of(shortcut));
  }

  private Tensor forwardRelu(Tensor x, Optional<Tensor> shortcut) {
    countBatch();
    return Nn.batchNormRelu(
        x,
        shortcut,
        Optional.of(weight.tensor()),
        bias.map(Slot::tensor),
        runningMean.tensor(),
        runningVar.tensor(),
        isTraining(),
        MOMENTUM,
        EPSILON);
  }

  private void countBatch() {
    if (isTraining()) {
      try (var _ = TensorScope.open()) {
        batchesTracked.tensor().add_(1);
      }
    }
  }
}
