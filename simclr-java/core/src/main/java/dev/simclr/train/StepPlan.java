package dev.simclr.train;

import dev.simclr.optim.LrSchedule;

/**
 * Length and learning rates of a run, which follow from its configuration and the number of
 * training images.
 *
 * @param batches how epochs are cut into batches
 * @param epochs epochs that the run begins
 * @param schedule learning rates, and with them the number of steps
 */
record StepPlan(Batches batches, int epochs, LrSchedule schedule) {
  /**
   * Plans a run.
   *
   * @param images number of training images, at least a batch
   * @throws IllegalArgumentException if the warm-up is longer than the run
   */
  static StepPlan of(PretrainConfig config, int images) {
    TrainConfig train = config.train();
    OptimConfig optim = config.optim();
    Batches batches = Batches.of(train, images);
    boolean bySteps = train.steps() > 0;
    long steps = bySteps ? train.steps() : batches.steps(train.epochs());
    long warmup = batches.warmupSteps(optim.warmupEpochs());
    if (warmup > steps) {
      throw Keys.refused(
          "optim.warmup_epochs",
          optim.warmupEpochs() + ", " + warmup + " steps",
          "at most the steps of the run, which has " + steps);
    }
    return new StepPlan(
        batches,
        bySteps ? batches.finishedEpochs(steps - 1) + 1 : train.epochs(),
        new LrSchedule(
            optim.peakLr(train.imagesPerStep()),
            warmup,
            steps,
            optim.warmup() == OptimConfig.Warmup.FROM_ZERO));
  }

  long steps() {
    return schedule.totalSteps();
  }

  /** Returns the epoch that a step, from 1, is in, from 1. */
  int epochOf(long step) {
    // With continuous batches the last step reaches into an epoch that is not asked for.
    return Math.min(batches.finishedEpochs(step - 1) + 1, epochs);
  }

  /** Whether checkpoints and evaluations come after a number of steps. */
  boolean pausesAfter(long steps) {
    return steps == steps() || batches.endsEpoch(steps);
  }
}
