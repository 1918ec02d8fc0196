package dev.simclr.train;

/**
 * The optimizer and the learning-rate schedule (YAML section {@code optim}).
 *
 * @param name the optimizer
 * @param lr learning rate before scaling
 * @param lrScaling how the peak learning rate follows from {@code lr} and the batch size B
 * @param lrBaseBatch the batch size for which {@code lr} holds under linear scaling
 * @param momentum momentum of SGD and LARS
 * @param nesterov whether SGD and LARS use Nesterov momentum
 * @param weightDecay weight decay
 * @param excludeNormAndBias whether norm scales and shifts and all biases go without weight decay
 *     and LARS adaptation, and the weight of a classifier without the latter
 * @param warmupEpochs epochs of linear warm-up; a cosine to 0 follows
 * @param warmup the learning rate of the first step of the warm-up
 * @param eeta trust coefficient of LARS
 * @param beta1 first decay rate of AdamW
 * @param beta2 second decay rate of AdamW
 * @param eps term that AdamW adds to the denominator
 * @param clipNorm largest L2 norm of all gradients together; longer ones are shortened to it. 0
 *     means that none is
 */
public record OptimConfig(
    Algorithm name,
    double lr,
    Scaling lrScaling,
    int lrBaseBatch,
    double momentum,
    boolean nesterov,
    double weightDecay,
    boolean excludeNormAndBias,
    double warmupEpochs,
    Warmup warmup,
    double eeta,
    double beta1,
    double beta2,
    double eps,
    double clipNorm) {
  /** The optimizers. */
  public enum Algorithm {
    /** Stochastic gradient descent with momentum. */
    SGD,
    /** LARS as in the SimCLR reference. */
    LARS,
    /** Adam with decoupled weight decay. */
    ADAMW;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Learning-rate scaling rules. */
  public enum Scaling {
    /** peak = lr. */
    NONE,
    /** peak = lr x B / lr_base_batch. */
    LINEAR,
    /** peak = lr x sqrt(B), as in the reference. */
    SQRT;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Where the warm-up, w steps long, begins. */
  public enum Warmup {
    /** At 0: the first update changes nothing, as in the SimCLR reference. */
    FROM_ZERO,
    /** At peak / w. */
    FROM_ONE;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public OptimConfig {
    Keys.present("optim.name", name);
    Keys.between("optim.lr", lr, 0, 1e6);
    Keys.present("optim.lr_scaling", lrScaling);
    Keys.atLeast("optim.lr_base_batch", lrBaseBatch, 1);
    Keys.between("optim.momentum", momentum, 0, 1);
    Keys.between("optim.weight_decay", weightDecay, 0, 10);
    Keys.between("optim.warmup_epochs", warmupEpochs, 0, 1e6);
    Keys.present("optim.warmup", warmup);
    Keys.between("optim.eeta", eeta, 1e-9, 10);
    Keys.below("optim.beta1", beta1, 0, 1);
    Keys.below("optim.beta2", beta2, 0, 1);
    Keys.between("optim.eps", eps, 1e-16, 1);
    Keys.between("optim.clip_norm", clipNorm, 0, 1e9);
  }

  /** Returns the default values. */
  public static OptimConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.name = name;
    b.lr = lr;
    b.lrScaling = lrScaling;
    b.lrBaseBatch = lrBaseBatch;
    b.momentum = momentum;
    b.nesterov = nesterov;
    b.weightDecay = weightDecay;
    b.excludeNormAndBias = excludeNormAndBias;
    b.warmupEpochs = warmupEpochs;
    b.warmup = warmup;
    b.eeta = eeta;
    b.beta1 = beta1;
    b.beta2 = beta2;
    b.eps = eps;
    b.clipNorm = clipNorm;
    return b;
  }

  /**
   * Returns the peak learning rate for a batch of {@code batch} images (not views).
   *
   * <p>SimCLR paper, section 2.2 and appendix B.1.
   */
  public double peakLr(int batch) {
    return switch (lrScaling) {
      case NONE -> lr;
      case LINEAR -> lr * batch / lrBaseBatch;
      case SQRT -> lr * Math.sqrt(batch);
    };
  }

  /** Collects values for an {@link OptimConfig}; each setter is named like its component. */
  public static final class Builder {
    private Algorithm name = Algorithm.SGD;
    private double lr = 0.06;
    private Scaling lrScaling = Scaling.LINEAR;
    private int lrBaseBatch = 128;
    private double momentum = 0.9;
    private boolean nesterov = false;
    private double weightDecay = 5e-4;
    private boolean excludeNormAndBias = false;
    private double warmupEpochs = 1;
    private Warmup warmup = Warmup.FROM_ONE;
    private double eeta = 0.001;
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double eps = 1e-8;
    private double clipNorm = 0;

    private Builder() {}

    /** Sets {@code name}. */
    public Builder name(Algorithm value) {
      name = value;
      return this;
    }

    /** Sets {@code lr}. */
    public Builder lr(double value) {
      lr = value;
      return this;
    }

    /** Sets {@code lrScaling}. */
    public Builder lrScaling(Scaling value) {
      lrScaling = value;
      return this;
    }

    /** Sets {@code lrBaseBatch}. */
    public Builder lrBaseBatch(int value) {
      lrBaseBatch = value;
      return this;
    }

    /** Sets {@code momentum}. */
    public Builder momentum(double value) {
      momentum = value;
      return this;
    }

    /** Sets {@code nesterov}. */
    public Builder nesterov(boolean value) {
      nesterov = value;
      return this;
    }

    /** Sets {@code weightDecay}. */
    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    /** Sets {@code excludeNormAndBias}. */
    public Builder excludeNormAndBias(boolean value) {
      excludeNormAndBias = value;
      return this;
    }

    /** Sets {@code warmupEpochs}. */
    public Builder warmupEpochs(double value) {
      warmupEpochs = value;
      return this;
    }

    /** Sets {@code warmup}. */
    public Builder warmup(Warmup value) {
      warmup = value;
      return this;
    }

    /** Sets {@code eeta}. */
    public Builder eeta(double value) {
      eeta = value;
      return this;
    }

    /** Sets {@code beta1}. */
    public Builder beta1(double value) {
      beta1 = value;
      return this;
    }

    /** Sets {@code beta2}. */
    public Builder beta2(double value) {
      beta2 = value;
      return this;
    }

    /** Sets {@code eps}. */
    public Builder eps(double value) {
      eps = value;
      return this;
    }

    /** Sets {@code clipNorm}. */
    public Builder clipNorm(double value) {
      clipNorm = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public OptimConfig build() {
      return new OptimConfig(
          name,
          lr,
          lrScaling,
          lrBaseBatch,
          momentum,
          nesterov,
          weightDecay,
          excludeNormAndBias,
          warmupEpochs,
          warmup,
          eeta,
          beta1,
          beta2,
          eps,
          clipNorm);
    }
  }
}
