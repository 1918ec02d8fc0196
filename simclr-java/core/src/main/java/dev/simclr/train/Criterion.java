package dev.simclr.train;

import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.loss.Dcl;
import dev.simclr.loss.Dclw;
import dev.simclr.loss.Dhel;
import dev.simclr.loss.Hcl;
import dev.simclr.loss.NtXent;
import dev.simclr.loss.NtXentQueue;
import dev.simclr.loss.NtXentSum;
import dev.simclr.loss.SupCon;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import java.util.Optional;
import java.util.function.LongFunction;

/** The loss that a configuration asks for. */
interface Criterion {

  /**
   * Computes the loss, and contrastive accuracy and entropy of views 1 and 2.
   *
   * @param projections {@code [VN, D]}: of N images view 1, then view 2, and so on
   * @return scalars, owned by the innermost scope
   */
  NtXent.Result of(Tensor projections);

  /**
   * Hears that the gradient of a batch is there, so that its projections may become negatives of
   * later ones.
   *
   * @param projections as in {@link #of}
   */
  default void computed(Tensor projections) {}

  /**
   * Checks that a configuration has a loss for its views.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  static void require(PretrainConfig config) {
    int views = config.augment().views();
    LossConfig.Objective objective = config.loss().objective();
    if (views < 2) {
      throw Keys.refused(
          "augment.views", views, "at least 2 in training, whose loss compares them");
    }
    if (views > 2 && !config.loss().l2Norm()) {
      throw Keys.refused("augment.views", views, "2 with loss.l2_norm false");
    }
    if (views > 2 && config.loss().queue() > 0) {
      throw Keys.refused("augment.views", views, "2 with loss.queue " + config.loss().queue());
    }
    if (views > 2 && !objective.anyViews()) {
      throw Keys.refused(
          "augment.views", views, "2 with loss.objective " + objective + ", which compares pairs");
    }
    if (byClass(config) && config.train().positives() == TrainConfig.Positives.SHUFFLED) {
      throw Keys.refused(
          "train.positives",
          config.train().positives(),
          "augmented or identical with loss.labels class, which pairs by class");
    }
  }

  /**
   * Checks that training images have the labels that a configuration asks for.
   *
   * @throws DataException if they do not
   */
  static void requireLabels(PretrainConfig config, ImageLabels images) {
    if (byClass(config) && !images.labelled()) {
      throw new DataException(
          "loss.labels is class, and not all of the "
              + images.size()
              + " training images have a label");
    }
  }

  /** Logs a warning for each setting of the loss that has no effect. */
  static void warnOfIdle(LossConfig loss) {
    System.Logger log = System.getLogger(Pretrainer.class.getName());
    loss.idle().forEach(choice -> log.log(System.Logger.Level.WARNING, choice));
  }

  private static boolean byClass(PretrainConfig config) {
    return config.loss().labels() == LossConfig.Labels.CLASS;
  }

  /**
   * Returns the loss of each batch, from 0.
   *
   * @param config that {@link #require} accepts
   * @param images that are trained on, which {@link #requireLabels} accepts
   * @param queue of {@code loss.queue}, if it is above 0
   */
  static LongFunction<Criterion> of(
      PretrainConfig config, ImageDataset images, Optional<NegativeQueue> queue) {
    if (queue.isPresent()) {
      Criterion queued = queued(new NtXentQueue(config.loss().temperature()), queue.get());
      return batch -> queued;
    }
    if (!byClass(config)) {
      Criterion same = of(config);
      return batch -> same;
    }
    SupCon loss = new SupCon(config.loss().temperature());
    RowClasses classes = new RowClasses(config.train(), images);
    long n = config.train().batch();
    return batch ->
        projections -> {
          long rows = projections.size(0);
          Tensor labels = Tensor.of(classes.of(batch, rows), rows);
          return supCon(loss, projections, labels, n);
        };
  }

  private static Criterion of(PretrainConfig config) {
    LossConfig loss = config.loss();
    double t = loss.temperature();
    return switch (loss.objective()) {
      case NT_XENT ->
          config.augment().views() == 2
              ? new NtXent(t, loss.l2Norm())::forward
              : images(new SupCon(t), config.train().batch());
      case NT_XENT_SUM -> loss.l2Norm() ? new NtXentSum(t)::forward : twice(new NtXent(t, false));
      case DCL -> new Dcl(t)::forward;
      case DCLW -> new Dclw(t, loss.sigma())::forward;
      case DHEL -> new Dhel(t)::forward;
      case HCL -> new Hcl(t, loss.tauPlus(), loss.beta())::forward;
      case SUP_CON -> images(new SupCon(t), config.train().batch());
    };
  }

  /** Each batch has the projections of those before it as further negatives. */
  private static Criterion queued(NtXentQueue loss, NegativeQueue queue) {
    return new Criterion() {
      @Override
      public NtXent.Result of(Tensor projections) {
        return loss.forward(projections, queue.rows(projections.dtype()));
      }

      @Override
      public void computed(Tensor projections) {
        queue.add(projections);
      }
    };
  }

  /** The mean over 2N anchors is half the sum of the means over the N anchors of each view. */
  private static Criterion twice(NtXent loss) {
    return projections -> {
      NtXent.Result mean = loss.forward(projections);
      return new NtXent.Result(mean.loss().mul(2), mean.accuracy(), mean.entropy());
    };
  }

  /** Views of the same of n images are each other's positives. */
  private static Criterion images(SupCon loss, long n) {
    return projections -> {
      Tensor labels = Tensor.arange(n, DType.INT64).repeat(projections.size(0) / n);
      return supCon(loss, projections, labels, n);
    };
  }

  private static NtXent.Result supCon(SupCon loss, Tensor projections, Tensor labels, long n) {
    long views = projections.size(0) / n;
    return loss.forward(projections, labels.to(projections.device()), views);
  }
}
