package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.model.Initializer;
import dev.simclr.model.Linear;
import dev.simclr.model.Parameter;
import dev.simclr.model.Variant;
import dev.simclr.optim.LrSchedule;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * Trains the encoder of a configuration with labels: the same views, steps, optimizer and learning
 * rates as pretraining, but a dense layer and cross-entropy in place of projection head and
 * NT-Xent.
 */
final class SupervisedRun {
  private SupervisedRun() {}

  /** Trains the model's encoder, in float32 on the CPU; it is in evaluation mode afterwards. */
  static void train(
      PretrainConfig config, Backend backend, SimClrModel model, ImageDataset images) {
    TrainConfig train = config.train();
    int stepsPerEpoch = images.size() / train.batch();
    long totalSteps = (long) stepsPerEpoch * train.epochs();
    LrSchedule schedule =
        new LrSchedule(
            config.optim().peakLr(train.batch()),
            Math.round(config.optim().warmupEpochs() * stepsPerEpoch),
            totalSteps);
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    ViewFiller rows = new ViewFiller(images, train, samplers, Augmentation.augmenter(config));
    model.encoder().train(true);
    try (Linear classifier = classifier(config, model, images.classNames().size());
        Optimizer optimizer = Optimizers.create(config.optim(), parameters(model, classifier));
        ViewLoader loader =
            new ViewLoader(
                () -> new ViewFiller(images, train, samplers, Augmentation.augmenter(config)),
                train.batch(),
                2,
                Augmentation.format(config),
                0,
                totalSteps,
                backend.loaderThreads(),
                backend.device())) {
      for (long step = 0; step < totalSteps; step++) {
        long[] labels = new long[2 * train.batch()];
        for (int row = 0; row < labels.length; row++) {
          labels[row] = images.label(rows.image(step, row));
        }
        try (var _ = TensorScope.open();
            ViewSource.Views views = loader.next()) {
          Tensor logits = classifier.forward(model.encoder().forward(views.tensor()));
          Nn.crossEntropy(logits, Tensor.of(labels, labels.length)).backward();
          optimizer.step(schedule.at(step));
          optimizer.zeroGrad();
        }
      }
    }
    model.encoder().train(false);
  }

  private static Linear classifier(PretrainConfig config, SimClrModel model, int classes) {
    Initializer init =
        new Initializer(config.train().seed(), Initializer.CLASSIFIER, Variant.TORCHVISION);
    return Linear.classifier(model.featureDim(), classes, init);
  }

  private static List<Parameter> parameters(SimClrModel model, Linear classifier) {
    List<Parameter> all = new ArrayList<>(model.encoder().parameters());
    classifier
        .parameters()
        .forEach(p -> all.add(new Parameter("classifier." + p.name(), p.kind(), p.tensor())));
    return all;
  }
}
