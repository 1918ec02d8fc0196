package dev.simclr.optim;

import dev.simclr.torch.Optim;
import dev.simclr.torch.Tensor;
import java.util.List;

/**
 * LARS as in the SimCLR reference (You et al. 2017, arXiv 1708.03888; {@code lars_optimizer.py}
 * with classic momentum). Per parameter w with gradient g and velocity v:
 *
 * <pre>
 *   g &lt;- g + weightDecay w
 *   r &lt;- trust |w| / |g|  if |w| &gt; 0 and |g| &gt; 0, else 1
 *   v &lt;- momentum v + lr r g
 *   w &lt;- w - v      (Nesterov: w - (momentum v + lr r g))
 * </pre>
 *
 * <p>with L2 norms of whole tensors. Weight decay enters before the ratio, the learning rate inside
 * the velocity, and nothing is added to the denominator, in all of which other implementations
 * differ. Groups with {@code adapt} false take r = 1, that is momentum SGD at the full learning
 * rate. State: {@code velocity.<parameter>}.
 */
public final class Lars extends Optimizer {

  /** The reference's trust coefficient. */
  public static final double TRUST = 0.001;

  private final double momentum;
  private final double trust;
  private final boolean nesterov;

  /**
   * Creates an optimizer with zero velocities.
   *
   * @param groups what to update
   * @param momentum share of the velocity that is kept, from 0 to 1
   * @param trust the trust coefficient (eeta), above 0
   * @param nesterov whether to look ahead
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Lars(List<ParameterGroup> groups, double momentum, double trust, boolean nesterov) {
    this.momentum = Checks.share("momentum", momentum);
    this.trust = Checks.positive("trust", trust);
    this.nesterov = nesterov;
    super(groups, List.of("velocity"));
  }

  @Override
  void update(Tensor learningRate) {
    Optim.larsStep(
        parameters(), states().getFirst(), groups(), learningRate, momentum, trust, nesterov);
  }
}
