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
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
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
  private final int[] labels;
  private final StepImages order;

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
   * @param train seed and batches
   * @param device where features are
   */
  OnlineProbe(SimClrModel model, ImageDataset images, TrainConfig train, Device device) {
    this.labels = IntStream.range(0, images.size()).map(images::label).toArray();
    this.order = new StepImages(train, images.size());
    this.device = device;
    int classes = images.classNames().size();
    Initializer init =
        new Initializer(train.seed(), Initializer.CLASSIFIER, InitialWeights.PYTORCH);
    this.ofH = classifier(model.featureDim(), classes, init, device);
    this.ofZ = classifier(model.head().outDim(), classes, init, device);
    List<Parameter> parameters = new ArrayList<>(prefixed(H, ofH));
    parameters.addAll(prefixed(Z, ofZ));
    this.optimizer = new AdamW(ParameterGroup.all(parameters, 0), 0.9, 0.999, 1e-8);
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
   * Adds the gradient of some rows of a batch.
   *
   * @param h {@code [n, featureDim]}, of which only the values are taken
   * @param z {@code [n, D]}, likewise
   * @param batch number of the batch, from 0
   * @param rows of the batch, n numbers
   * @param share n divided by all rows of the step
   */
  void learn(Tensor h, Tensor z, long batch, long[] rows, double share) {
    long[] classes = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      classes[i] = labels[order.image(batch, Math.toIntExact(rows[i]))];
    }
    try (var _ = TensorScope.open()) {
      Tensor target = Tensor.of(classes, classes.length).to(device);
      Tensor ofBoth =
          Nn.crossEntropy(ofH.forward(features(h)), target)
              .add(Nn.crossEntropy(ofZ.forward(features(z)), target));
      ofBoth.mul(share).backward();
    }
  }

  /** Autocast may have given them another type; the gradient stops here. */
  private static Tensor features(Tensor rows) {
    return rows.detach().to(DType.FLOAT32);
  }

  /** Ends the step with what all rows have added. */
  void update() {
    optimizer.step(LEARNING_RATE);
    optimizer.zeroGrad();
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
      long[] found = classifier.forward(features(rows)).argmax(1, false).toLongArray();
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
  }
}
