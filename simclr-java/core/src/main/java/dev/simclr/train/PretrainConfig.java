package dev.simclr.train;

import java.util.Objects;

/**
 * Everything that determines a pretraining run.
 *
 * <p>The component names are the keys of the YAML form in camelCase: {@code train.logEvery} is
 * {@code train.log_every}. Two runs with equal configurations, data and library versions on one
 * machine give the same weights.
 *
 * @param data where the images come from
 * @param model the encoder
 * @param head the projection head
 * @param loss the contrastive loss
 * @param augment the two random views of an image
 * @param optim optimizer and learning-rate schedule
 * @param train length, precision and bookkeeping
 * @param eval the evaluation during and after training
 */
public record PretrainConfig(
    DataConfig data,
    ModelConfig model,
    HeadConfig head,
    LossConfig loss,
    AugmentSettings augment,
    OptimConfig optim,
    TrainConfig train,
    EvalConfig eval) {

  /**
   * Checks what spans sections.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public PretrainConfig {
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(head, "head");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(augment, "augment");
    Objects.requireNonNull(optim, "optim");
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(eval, "eval");
    TrainConfig.requireRows(train.batch(), train.accumulate(), augment.views());
    // Counted in steps, the length in epochs depends on the data.
    if (train.steps() == 0) {
      Keys.ordered("optim.warmup_epochs", optim.warmupEpochs(), "train.epochs", train.epochs());
    }
  }

  /** Returns the default values of all sections. */
  public static PretrainConfig defaults() {
    return new PretrainConfig(
        DataConfig.defaults(),
        ModelConfig.defaults(),
        HeadConfig.defaults(),
        LossConfig.defaults(),
        AugmentSettings.defaults(),
        OptimConfig.defaults(),
        TrainConfig.defaults(),
        EvalConfig.defaults());
  }

  /** Returns this configuration with another {@code data} section. */
  public PretrainConfig with(DataConfig section) {
    return new PretrainConfig(section, model, head, loss, augment, optim, train, eval);
  }

  /** Returns this configuration with another {@code model} section. */
  public PretrainConfig with(ModelConfig section) {
    return new PretrainConfig(data, section, head, loss, augment, optim, train, eval);
  }

  /** Returns this configuration with another {@code head} section. */
  public PretrainConfig with(HeadConfig section) {
    return new PretrainConfig(data, model, section, loss, augment, optim, train, eval);
  }

  /** Returns this configuration with another {@code loss} section. */
  public PretrainConfig with(LossConfig section) {
    return new PretrainConfig(data, model, head, section, augment, optim, train, eval);
  }

  /** Returns this configuration with another {@code augment} section. */
  public PretrainConfig with(AugmentSettings section) {
    return new PretrainConfig(data, model, head, loss, section, optim, train, eval);
  }

  /** Returns this configuration with another {@code optim} section. */
  public PretrainConfig with(OptimConfig section) {
    return new PretrainConfig(data, model, head, loss, augment, section, train, eval);
  }

  /** Returns this configuration with another {@code train} section. */
  public PretrainConfig with(TrainConfig section) {
    return new PretrainConfig(data, model, head, loss, augment, optim, section, eval);
  }

  /** Returns this configuration with another {@code eval} section. */
  public PretrainConfig with(EvalConfig section) {
    return new PretrainConfig(data, model, head, loss, augment, optim, train, section);
  }
}
