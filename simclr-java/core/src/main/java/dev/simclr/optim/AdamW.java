package dev.simclr.optim;

import dev.simclr.torch.DType;
import dev.simclr.torch.Optim;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101), as {@code
 * torch.optim.AdamW}. In step t, from 1:
 *
 * <pre>
 *   w &lt;- w (1 - lr weightDecay)
 *   m &lt;- beta1 m + (1 - beta1) g;  v &lt;- beta2 v + (1 - beta2) g^2
 *   w &lt;- w - lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon)
 * </pre>
 *
 * <p>State: {@code exp_avg.<parameter>}, {@code exp_avg_sq.<parameter>} and {@code step}, int64.
 */
public final class AdamW extends Optimizer {

  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final Tensor step;

  /**
   * Creates an optimizer with zero moments.
   *
   * @param groups what to update
   * @param beta1 share of the first moment that is kept, from 0 to below 1
   * @param beta2 share of the second moment that is kept, from 0 to below 1
   * @param epsilon added to the denominator, above 0
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public AdamW(List<ParameterGroup> groups, double beta1, double beta2, double epsilon) {
    this.beta1 = Checks.belowOne("beta1", beta1);
    this.beta2 = Checks.belowOne("beta2", beta2);
    this.epsilon = Checks.positive("epsilon", epsilon);
    super(groups, List.of("exp_avg", "exp_avg_sq"));
    try (var _ = TensorScope.open()) {
      step = addState("step", Tensor.zeros(DType.INT64));
    }
  }

  @Override
  void update(Tensor learningRate) {
    Optim.adamwStep(
        parameters(),
        states().get(0),
        states().get(1),
        groups(),
        step.itemLong() + 1,
        learningRate,
        beta1,
        beta2,
        epsilon);
    step.add_(1);
  }
}
