package dev.simclr.train;

import dev.simclr.model.Parameter;
import dev.simclr.optim.AdamW;
import dev.simclr.optim.Lars;
import dev.simclr.optim.Optimizer;
import dev.simclr.optim.ParameterGroup;
import dev.simclr.optim.Sgd;
import java.util.List;

/** Makes and uses the optimizer of a configuration. */
final class Optimizers {
  private Optimizers() {}

  static Optimizer create(OptimConfig optim, List<Parameter> parameters) {
    List<ParameterGroup> groups =
        optim.excludeNormAndBias()
            ? ParameterGroup.exemptingNormAndBias(parameters, optim.weightDecay())
            : ParameterGroup.all(parameters, optim.weightDecay());
    return switch (optim.name()) {
      case SGD -> new Sgd(groups, optim.momentum(), optim.nesterov());
      case LARS -> new Lars(groups, optim.momentum(), optim.eeta(), optim.nesterov());
      case ADAMW -> new AdamW(groups, optim.beta1(), optim.beta2(), optim.eps());
    };
  }

  /**
   * Updates the weights once, and removes the gradients, which are shortened before if too long.
   */
  static void update(Optimizer optimizer, OptimConfig optim, double lr) {
    if (optim.clipNorm() > 0) {
      optimizer.clipGradNorm(optim.clipNorm());
    }
    optimizer.step(lr);
    optimizer.zeroGrad();
  }
}
