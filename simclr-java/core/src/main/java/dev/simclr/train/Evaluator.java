package dev.simclr.train;

import dev.simclr.compute.Features;
import dev.simclr.data.ImageDataset;
import dev.simclr.eval.KnnClassifier;
import dev.simclr.eval.LinearProbe;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Evaluates h with the labels of training and test images, which pretraining never sees. */
final class Evaluator {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private final EvalConfig eval;
  private final Features features;
  private final ImageDataset train;
  private final ImageDataset test;
  private final int[] trainLabels;
  private final int[] testLabels;

  private Evaluator(PretrainConfig config, Backend backend, ImageDataset train, ImageDataset test) {
    this.eval = config.eval();
    this.features =
        new Features(
            Augmentation.format(config), eval.batch(), backend.device(), backend.loaderThreads());
    this.train = train;
    this.test = test;
    this.trainLabels = labels(train);
    this.testLabels = labels(test);
  }

  /** Returns an evaluator, or empty, with a line in the log, where there is nothing to evaluate. */
  static Optional<Evaluator> of(
      PretrainConfig config, Backend backend, ImageDataset train, Optional<ImageDataset> test) {
    EvalConfig eval = config.eval();
    if (!eval.knn() && !eval.linear() && !eval.probe()) {
      LOG.log(Level.INFO, "no evaluation: eval.knn, eval.linear and eval.probe are false");
      return Optional.empty();
    }
    if (test.isEmpty()) {
      LOG.log(Level.INFO, "no evaluation: there are no test images");
      return Optional.empty();
    }
    if (!train.labelled() || !test.get().labelled()) {
      LOG.log(Level.INFO, "no evaluation: not all images have labels");
      return Optional.empty();
    }
    return Optional.of(new Evaluator(config, backend, train, test.get()));
  }

  /**
   * Evaluates an encoder.
   *
   * @param model in evaluation mode
   * @param step finished steps
   * @param epoch finished epochs
   * @param linearDue whether the linear probe runs too, if it is not switched off
   * @param probe classifiers that have learnt beside the encoder, if there are any
   */
  Evaluation evaluate(
      SimClrModel model, long step, int epoch, boolean linearDue, Optional<OnlineProbe> probe) {
    long start = System.nanoTime();
    try (var _ = TensorScope.open()) {
      boolean linearRuns = linearDue && eval.linear();
      // The classifiers that learn beside the encoder need no features of training images.
      Optional<Tensor> trainFeatures =
          eval.knn() || linearRuns
              ? Optional.of(features.all(train, model.featureDim(), model::encode))
              : Optional.empty();
      Tensor testFeatures = features.all(test, model.featureDim(), model::encode);
      OptionalDouble knn =
          eval.knn()
              ? OptionalDouble.of(knn(trainFeatures.orElseThrow(), testFeatures))
              : OptionalDouble.empty();
      OptionalDouble linear =
          linearRuns
              ? OptionalDouble.of(
                  LinearProbe.fit(trainFeatures.orElseThrow(), trainLabels, classes())
                      .accuracy(testFeatures, testLabels)
                      .top1())
              : OptionalDouble.empty();
      Optional<OnlineProbe.Accuracy> online = probe.map(p -> test(p, model, testFeatures));
      return new Evaluation(
          step,
          epoch,
          knn,
          linear,
          online.map(a -> OptionalDouble.of(a.h())).orElseGet(OptionalDouble::empty),
          online.map(a -> OptionalDouble.of(a.z())).orElseGet(OptionalDouble::empty),
          (System.nanoTime() - start) * 1e-9);
    }
  }

  private OnlineProbe.Accuracy test(OnlineProbe probe, SimClrModel model, Tensor h) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return probe.test(h, model.project(h), testLabels);
    }
  }

  /** Returns how many images are tested on. */
  int testImages() {
    return test.size();
  }

  /** Returns the accuracy of kNN on the pixels of the views themselves. */
  double rawPixels() {
    try (var _ = TensorScope.open()) {
      UnaryOperator<Tensor> pixels = views -> views.flatten(1, -1);
      int dim = features.format().values();
      return knn(features.all(train, dim, pixels), features.all(test, dim, pixels));
    }
  }

  private double knn(Tensor trainFeatures, Tensor testFeatures) {
    return new KnnClassifier(eval.knnK(), eval.knnT())
        .accuracy(trainFeatures, trainLabels, testFeatures, testLabels);
  }

  private int classes() {
    return train.classNames().size();
  }

  private static int[] labels(ImageDataset images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }
}
