package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import dev.simclr.model.BatchNorm;
import dev.simclr.model.InitialWeights;
import dev.simclr.model.Initializer;
import dev.simclr.model.Linear;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.Sequential;
import dev.simclr.optim.AdamW;
import dev.simclr.optim.Optimizer;
import dev.simclr.optim.ParameterGroup;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Linear classifiers on h and on z that learn beside the encoder, from the views it is trained on
 * (arXiv 2002.05709, appendix B.6): their gradient stops at the features, so that no bit of the
 * encoder depends on them.
 *
 * <p>Each is batch norm and a dense layer that starts at zero. They learn with Adam and a constant
 * learning rate of 1e-3, whose steps do not depend on the scale of features that change all the
 * time, as those of plain SGD would. Used by the thread that computes.
 */
final class OnlineProbe implements AutoCloseable {
  private static final double LEARNING_RATE = 1e-3;
  private static final String H = "h.";
  private static final String Z = "z.";

  private final Module ofH;
  private final Module ofZ;
  private final Optimizer optimizer;
  private final Device device;
  private final RowClasses classes;
  // Features of the rows of the step so far, and their classes.
  private final Tensor stepH;
  private final Tensor stepZ;
  private final long[] stepClasses;
  private int filled;
  private boolean learnt;

  /**
   * Share of test images whose class is found.
   *
   * @param h from 0 to 1, from h
   * @param z from 0 to 1, from z
   */
  record Accuracy(double h, double z) {}

  /**
   * Creates classifiers that have learnt nothing.
   *
   * @param model whose features they get
   * @param images labelled training images
   * @param config seed, batches and views
   * @param device where features are
   */
  OnlineProbe(SimClrModel model, ImageDataset images, PretrainConfig config, Device device) {
    TrainConfig train = config.train();
    this.classes = new RowClasses(train, images);
    this.device = device;
    int classCount = images.classNames().size();
    Initializer init =
        new Initializer(train.seed(), Initializer.CLASSIFIER, InitialWeights.PYTORCH);
    this.ofH = classifier(model.featureDim(), classCount, init, device);
    this.ofZ = classifier(model.head().outDim(), classCount, init, device);
    List<Parameter> parameters = new ArrayList<>(prefixed(H, ofH));
    parameters.addAll(prefixed(Z, ofZ));
    this.optimizer = new AdamW(ParameterGroup.all(parameters, 0), 0.9, 0.999, 1e-8);
    int rows = config.augment().views() * train.imagesPerStep();
    this.stepH = rows(rows, model.featureDim(), device);
    this.stepZ = rows(rows, model.head().outDim(), device);
    this.stepClasses = new long[rows];
  }

  private static Tensor rows(int rows, int dim, Device device) {
    try (var _ = TensorScope.open()) {
      return Tensor.empty(DType.FLOAT32, device, MemoryFormat.CONTIGUOUS, rows, dim).retain();
    }
  }

  private static Module classifier(int inputs, int classes, Initializer init, Device device) {
    Linear linear = Linear.classifier(inputs, classes, init);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      linear.parameters().forEach(p -> p.tensor().zero_());
    }
    Module module = new Sequential(List.of(new BatchNorm(inputs), linear));
    module.to(device);
    return module;
  }

  private static List<Parameter> prefixed(String prefix, Module module) {
    return module.parameters().stream()
        .map(p -> new Parameter(prefix + p.name(), p.kind(), p.tensor()))
        .toList();
  }

  /**
   * Takes features of the step, which the classifiers learn from when it ends: once for all rows,
   * however the step is divided.
   *
   * @param h {@code [n, featureDim]}, of which only the values are taken
   * @param z {@code [n, D]}, likewise
   * @param batch number of the batch, from 0
   * @param rows of the batch, n numbers
   */
  void add(Tensor h, Tensor z, long batch, long[] rows) {
    for (int i = 0; i < rows.length; i++) {
      stepClasses[filled + i] = classes.of(batch, Math.toIntExact(rows[i]));
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      // Autocast may have given them another type.
      stepH.narrow(0, filled, rows.length).copy_(h);
      stepZ.narrow(0, filled, rows.length).copy_(z);
    }
    filled += rows.length;
  }

  /** Ends the step: the classifiers learn from its rows. */
  void update() {
    try (var _ = TensorScope.open()) {
      Tensor target = Tensor.of(stepClasses, stepClasses.length).to(device);
      Nn.crossEntropy(ofH.forward(stepH), target)
          .add(Nn.crossEntropy(ofZ.forward(stepZ), target))
          .backward();
    }
    optimizer.step(LEARNING_RATE);
    optimizer.zeroGrad();
    filled = 0;
    learnt = true;
  }

  /** Whether a step has ended, here or before what was restored: else accuracies mean nothing. */
  boolean hasLearnt() {
    return learnt;
  }

  /**
   * Goes on from what was saved.
   *
   * @param file all of {@link #state}
   * @param step finished steps at that time
   * @throws dev.simclr.checkpoint.CheckpointException if the file does not fit
   */
  void restore(Path file, long step) {
    SimClrModel.load(file, state());
    learnt = step > 0;
  }

  /**
   * Tests the classifiers.
   *
   * @param h features of the test images in evaluation mode, {@code [m, featureDim]}
   * @param z their projections, {@code [m, D]}
   * @param classes their m classes
   */
  Accuracy test(Tensor h, Tensor z, int[] classes) {
    return new Accuracy(test(ofH, h, classes), test(ofZ, z, classes));
  }

  private static double test(Module classifier, Tensor rows, int[] classes) {
    classifier.eval();
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      long[] found = classifier.forward(rows.to(DType.FLOAT32)).argmax(1, false).toLongArray();
      long correct = IntStream.range(0, classes.length).filter(i -> found[i] == classes[i]).count();
      return (double) correct / classes.length;
    } finally {
      classifier.train(true);
    }
  }

  /** Returns all that a resumed run needs, by name. */
  Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    ofH.state().forEach((name, tensor) -> all.put(H + name, tensor));
    ofZ.state().forEach((name, tensor) -> all.put(Z + name, tensor));
    optimizer.state().forEach((name, tensor) -> all.put("optimizer." + name, tensor));
    return all;
  }

  @Override
  public void close() {
    optimizer.close();
    ofZ.close();
    ofH.close();
    stepZ.close();
    stepH.close();
  }
}
