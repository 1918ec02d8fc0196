package dev.simclr.train;

import dev.simclr.benchmark.FormulaInputs;
import dev.simclr.benchmark.Report;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.Parameter;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.DType;
import dev.simclr.torch.Guard;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.Optional;

/** Training steps from weights and views of a formula, which a peer has too. */
public final class StepCheck {
  private static final int STEPS = 3;
  // So high that a step which does something else would show in the loss.
  private static final double LEARNING_RATE = 0.05;

  private StepCheck() {}

  /**
   * Reports the losses of three steps, and the type that the network computes in.
   *
   * @param config of the training
   */
  public static void report(PretrainConfig config) {
    Backend backend = Backend.prepare(config.train());
    int size = config.data().imageSize();
    int rows = config.augment().views() * config.train().batch();
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, backend.device());
        Optimizer optimizer = Optimizers.create(config.optim(), model.parameters());
        LossGuard guard = new LossGuard(backend.device());
        ImageDataset images = placeholder(config.train().batch())) {
      model.train(true);
      int number = 0;
      for (Parameter parameter : model.parameters()) {
        fill(parameter.tensor().detach(), number++);
      }
      Tensor views =
          FormulaInputs.signed("views", 1, rows, RgbImage.CHANNELS, size, size)
              .to(backend.precision().bf16() ? DType.BFLOAT16 : DType.FLOAT32)
              .contiguous(MemoryFormat.CHANNELS_LAST)
              .to(backend.device());
      TrainStep step =
          new TrainStep(
              backend, model, optimizer, config, guard, images, Optional.empty(), Optional.empty());
      ViewSource source = new KeptViews(views);
      Report report = Report.ofTorch(dtype(backend, model, views), backend.device());
      for (int i = 1; i <= STEPS; i++) {
        report.result(
            "loss of step " + i, step.run(i, source, LEARNING_RATE, true).orElseThrow().loss());
      }
      report.write();
    }
  }

  /** Scales are 1 and shifts 0; weights have the bound of He et al. 2015 (arXiv 1502.01852). */
  private static void fill(Tensor weight, int number) {
    if (weight.dim() == 1) {
      return; // as every network of the recipe starts
    }
    long fanIn = weight.numel() / weight.size(0);
    weight.copy_(FormulaInputs.signed("weight." + number, Math.sqrt(6.0 / fanIn), weight.shape()));
  }

  /** The type of what the network gives within a step. */
  private static DType dtype(Backend backend, SimClrModel model, Tensor views) {
    try (var _ = TensorScope.open();
        Guard _ = backend.precision().bf16() ? Autocast.bf16(backend.device()) : null) {
      return model.project(model.encode(views)).dtype();
    }
  }

  private static ImageDataset placeholder(int count) {
    MemoryDataset.Builder builder = MemoryDataset.builder(List.of());
    for (int i = 0; i < count; i++) {
      builder.add("image-" + i, ImageDataset.UNLABELLED, RgbImage.of(1, 1, new byte[3]));
    }
    return builder.build();
  }
}
