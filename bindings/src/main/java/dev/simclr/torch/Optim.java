package dev.simclr.torch;

import dev.simclr.torch.internal.SctOptim;

/**
 * Optimizer steps on whole lists of parameters, in native code.
 *
 * <p>Each works on the gradients of the parameters, outside any recorded graph, skips parameters
 * without one, and clears the cache of {@link Autocast}. State tensors have the shape, dtype and
 * device of their parameter and start as zeros.
 */
public final class Optim {

  private Optim() {}

  /**
   * Takes a step of SGD as torch.optim.SGD with dampening 0: g = grad + weightDecay w; b = momentum
   * b + g; w = w - lr (nesterov ? g + momentum b : b).
   *
   * @param momentumBuffers b, one for each parameter
   */
  public static void sgdStep(
      TensorList params,
      TensorList momentumBuffers,
      double lr,
      double momentum,
      double weightDecay,
      boolean nesterov) {
    SctOptim.sgdStep(
        params.handles(),
        momentumBuffers.handlesFor(params, "momentumBuffers"),
        params.size(),
        lr,
        momentum,
        weightDecay,
        nesterov);
  }

  /**
   * Takes a step of LARS as the SimCLR reference does (You et al. 2017, <a
   * href="https://arxiv.org/abs/1708.03888">arXiv 1708.03888</a>; classic momentum): g = grad +
   * weightDecay w; r = eeta |w| / |g| if {@code adapt} and both norms are above 0, else 1; v =
   * momentum v + lr r g; w = w - (nesterov ? momentum v + lr r g : v).
   *
   * @param velocity v, one for each parameter
   * @param adapt false for the parameters that are excluded: scale and shift of norms, biases; they
   *     take weightDecay 0 too
   */
  public static void larsStep(
      TensorList params,
      TensorList velocity,
      double lr,
      double momentum,
      double weightDecay,
      double eeta,
      boolean adapt,
      boolean nesterov) {
    SctOptim.larsStep(
        params.handles(),
        velocity.handlesFor(params, "velocity"),
        params.size(),
        lr,
        momentum,
        weightDecay,
        eeta,
        adapt,
        nesterov);
  }

  /**
   * Takes a step of AdamW as torch.optim.AdamW (Loshchilov and Hutter 2019, <a
   * href="https://arxiv.org/abs/1711.05101">arXiv 1711.05101</a>): w = w (1 - lr weightDecay); m =
   * beta1 m + (1 - beta1) grad; v = beta2 v + (1 - beta2) grad^2; w = w - lr / (1 - beta1^step) m /
   * (sqrt(v / (1 - beta2^step)) + eps).
   *
   * @param firstMoments m, one for each parameter
   * @param secondMoments v, one for each parameter
   * @param step counted from 1
   */
  public static void adamwStep(
      TensorList params,
      TensorList firstMoments,
      TensorList secondMoments,
      long step,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay) {
    SctOptim.adamwStep(
        params.handles(),
        firstMoments.handlesFor(params, "firstMoments"),
        secondMoments.handlesFor(params, "secondMoments"),
        params.size(),
        step,
        lr,
        beta1,
        beta2,
        eps,
        weightDecay);
  }

  /** Removes the gradients. */
  public static void zeroGrad(TensorList params) {
    SctOptim.zeroGrad(params.handles(), params.size());
  }

  /** Returns the L2 norm over all gradients together, 0 without any; waits for the device. */
  public static double gradNorm(TensorList params) {
    return SctOptim.gradNorm(params.handles(), params.size());
  }

  /**
   * Moves averages toward parameters: average = decay average + (1 - decay) param.
   *
   * @param averages one for each parameter
   */
  public static void emaUpdate(TensorList averages, TensorList params, double decay) {
    SctOptim.emaUpdate(
        averages.handlesFor(params, "averages"), params.handles(), params.size(), decay);
  }
}
