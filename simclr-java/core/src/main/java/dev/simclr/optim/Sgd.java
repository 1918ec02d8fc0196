package dev.simclr.optim;

import dev.simclr.torch.Optim;
import dev.simclr.torch.Tensor;
import java.util.List;

/**
 * Stochastic gradient descent with momentum, as {@code torch.optim.SGD} without dampening:
 *
 * <pre>
 *   g &lt;- g + weightDecay w;  b &lt;- momentum b + g;  w &lt;- w - lr b
 * </pre>
 *
 * <p>or w &lt;- w - lr (g + momentum b) with Nesterov momentum. State: {@code
 * momentum.<parameter>}.
 */
public final class Sgd extends Optimizer {

  private final double momentum;
  private final boolean nesterov;

  /**
   * Creates an optimizer with zero momentum buffers.
   *
   * @param groups what to update
   * @param momentum share of the buffer that is kept, from 0 to 1
   * @param nesterov whether to look ahead
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Sgd(List<ParameterGroup> groups, double momentum, boolean nesterov) {
    this.momentum = Checks.share("momentum", momentum);
    this.nesterov = nesterov;
    super(groups, List.of("momentum"));
  }

  @Override
  void update(Tensor learningRate) {
    Optim.sgdStep(parameters(), states().getFirst(), groups(), learningRate, momentum, nesterov);
  }
}
