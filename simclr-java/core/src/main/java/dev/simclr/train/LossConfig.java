package dev.simclr.train;

import java.util.ArrayList;
import java.util.List;

/**
 * The contrastive loss (YAML section {@code loss}).
 *
 * @param objective what a step minimises
 * @param labels what {@link Objective#SUP_CON} takes for the label of a view
 * @param temperature what similarities are divided by
 * @param l2Norm whether projections are brought to length 1 before they are compared; false, for
 *     {@code nt-xent} and {@code nt-xent-sum} of two views only, is an ablation of the paper
 * @param sigma how even the weights of {@link Objective#DCLW} are
 * @param tauPlus share of negatives that {@link Objective#HCL} takes to be of the anchor's class
 * @param beta how much similar negatives count in {@link Objective#HCL}
 * @param queue projections of earlier batches that are further negatives ({@link
 *     dev.simclr.loss.NtXentQueue}), for {@code nt-xent} of two views only; 0 means none. Filled as
 *     the run goes on, by the rows of both views of each batch
 */
public record LossConfig(
    Objective objective,
    Labels labels,
    double temperature,
    boolean l2Norm,
    double sigma,
    double tauPlus,
    double beta,
    int queue) {
  private static final int MAX_QUEUE = 1 << 20;

  /** What a step minimises. All are means over the anchors, unless said otherwise. */
  public enum Objective {
    /**
     * {@link dev.simclr.loss.NtXent}; with more than two views {@link dev.simclr.loss.SupCon} with
     * the image as label.
     */
    NT_XENT,
    /** The sum of the two directions' means, as in the SimCLR reference: twice {@link #NT_XENT}. */
    NT_XENT_SUM,
    /** {@link dev.simclr.loss.Dcl}. */
    DCL,
    /** {@link dev.simclr.loss.Dclw}. */
    DCLW,
    /** {@link dev.simclr.loss.Dhel}. */
    DHEL,
    /** {@link dev.simclr.loss.Hcl}. */
    HCL,
    /** {@link dev.simclr.loss.SupCon} with {@link Labels}; any number of views from two. */
    SUP_CON;

    /** Whether there may be more than two views. */
    boolean anyViews() {
      return this == NT_XENT || this == SUP_CON;
    }

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Which views are each other's positives. */
  public enum Labels {
    /** Those of an image. */
    IMAGE,
    /** Those of all images of a class, which needs labelled images (arXiv 2004.11362). */
    CLASS;

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
  public LossConfig {
    Keys.present("loss.objective", objective);
    Keys.present("loss.labels", labels);
    if (labels == Labels.CLASS && objective != Objective.SUP_CON) {
      throw Keys.refused(
          "loss.labels", labels, "image with loss.objective " + objective + ", class with sup-con");
    }
    Keys.between("loss.temperature", temperature, 0.001, 100);
    if (!l2Norm && objective != Objective.NT_XENT && objective != Objective.NT_XENT_SUM) {
      throw Keys.refused(
          "loss.l2_norm", false, "true with loss.objective " + objective + ", whose rows have it");
    }
    Keys.between("loss.sigma", sigma, 0.001, 100);
    Keys.below("loss.tau_plus", tauPlus, 0, 1);
    Keys.between("loss.beta", beta, 0, 100);
    Keys.between("loss.queue", queue, 0, MAX_QUEUE);
    if (queue > 0 && objective != Objective.NT_XENT) {
      throw Keys.refused(
          "loss.queue", queue, "0 with loss.objective " + objective + ", more with nt-xent");
    }
    if (queue > 0 && !l2Norm) {
      throw Keys.refused("loss.queue", queue, "0 with loss.l2_norm false");
    }
  }

  /**
   * Returns which values were chosen, being other than by default, that the objective does not use,
   * for warnings.
   */
  public List<String> idle() {
    LossConfig usual = builder().build();
    List<String> idle = new ArrayList<>();
    if (objective != Objective.DCLW && sigma != usual.sigma) {
      idle.add(idle("loss.sigma", sigma, Objective.DCLW));
    }
    if (objective != Objective.HCL && tauPlus != usual.tauPlus) {
      idle.add(idle("loss.tau_plus", tauPlus, Objective.HCL));
    }
    if (objective != Objective.HCL && beta != usual.beta) {
      idle.add(idle("loss.beta", beta, Objective.HCL));
    }
    return idle;
  }

  private String idle(String key, double value, Objective user) {
    return key
        + " is "
        + value
        + ", but loss.objective is "
        + objective
        + "; only "
        + user
        + " uses it";
  }

  /** Returns the default values. */
  public static LossConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.objective = objective;
    b.labels = labels;
    b.temperature = temperature;
    b.l2Norm = l2Norm;
    b.sigma = sigma;
    b.tauPlus = tauPlus;
    b.beta = beta;
    b.queue = queue;
    return b;
  }

  /** Collects values for a {@link LossConfig}; each setter is named like its component. */
  public static final class Builder {
    private Objective objective = Objective.NT_XENT;
    private Labels labels = Labels.IMAGE;
    private double temperature = 0.5;
    private boolean l2Norm = true;
    private double sigma = 0.5;
    private double tauPlus = 0.1;
    private double beta = 1;
    private int queue = 0;

    private Builder() {}

    /** Sets {@code objective}. */
    public Builder objective(Objective value) {
      objective = value;
      return this;
    }

    /** Sets {@code labels}. */
    public Builder labels(Labels value) {
      labels = value;
      return this;
    }

    /** Sets {@code temperature}. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Sets {@code l2Norm}. */
    public Builder l2Norm(boolean value) {
      l2Norm = value;
      return this;
    }

    /** Sets {@code sigma}. */
    public Builder sigma(double value) {
      sigma = value;
      return this;
    }

    /** Sets {@code tauPlus}. */
    public Builder tauPlus(double value) {
      tauPlus = value;
      return this;
    }

    /** Sets {@code beta}. */
    public Builder beta(double value) {
      beta = value;
      return this;
    }

    /** Sets {@code queue}. */
    public Builder queue(int value) {
      queue = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public LossConfig build() {
      return new LossConfig(objective, labels, temperature, l2Norm, sigma, tauPlus, beta, queue);
    }
  }
}
