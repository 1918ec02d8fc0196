package dev.simclr.torch;

import dev.simclr.torch.internal.SctOptim;

/**
 * Optimizer steps on whole lists of parameters, all groups of them in one native call.
 *
 * <p>Each works on the gradients of the parameters, outside any recorded graph, skips parameters
 * without one, and clears the cache of {@link Autocast}. State tensors have the shape, dtype and
 * device of their parameter and start as zeros. A parameter that is in the list more than once
 * moves in turn, as in as many calls.
 *
 * <p>The learning rate is a float32 or float64 tensor without dimensions. On the CPU, wherever the
 * parameters are, its value must be finite and is read once, during the call; a CUDA graph that
 * captures the step repeats it with that value. On the device of all parameters nothing reads it on
 * the host: it is not checked, and a captured step takes what it holds at each replay. A step with
 * any other tensor throws {@link TorchException}, as does one with groups that do not fit the list,
 * and moves nothing.
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
      OptimGroups groups,
      Tensor lr,
      double momentum,
      boolean nesterov) {
    SctOptim.sgdStep(
        params.handles(),
        momentumBuffers.handlesFor(params, "momentumBuffers"),
        params.size(),
        groups.array(),
        groups.size(),
        lr.handle(),
        momentum,
        nesterov);
  }

  /**
   * Takes a step of LARS as the SimCLR reference does (You et al. 2017, <a
   * href="https://arxiv.org/abs/1708.03888">arXiv 1708.03888</a>; classic momentum): g = grad +
   * weightDecay w; r = eeta |w| / |g| if the group adapts and both norms are above 0, else 1; v =
   * momentum v + lr r g; w = w - (nesterov ? momentum v + lr r g : v).
   *
   * @param velocity v, one for each parameter
   * @param groups with those of the parameters that are excluded, scale and shift of norms and
   *     biases, neither adapted nor decayed
   */
  public static void larsStep(
      TensorList params,
      TensorList velocity,
      OptimGroups groups,
      Tensor lr,
      double momentum,
      double eeta,
      boolean nesterov) {
    SctOptim.larsStep(
        params.handles(),
        velocity.handlesFor(params, "velocity"),
        params.size(),
        groups.array(),
        groups.size(),
        lr.handle(),
        momentum,
        eeta,
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
   * @param step counted from 1; a CUDA graph repeats that which it captured
   */
  public static void adamwStep(
      TensorList params,
      TensorList firstMoments,
      TensorList secondMoments,
      OptimGroups groups,
      long step,
      Tensor lr,
      double beta1,
      double beta2,
      double eps) {
    SctOptim.adamwStep(
        params.handles(),
        firstMoments.handlesFor(params, "firstMoments"),
        secondMoments.handlesFor(params, "secondMoments"),
        params.size(),
        groups.array(),
        groups.size(),
        step,
        lr.handle(),
        beta1,
        beta2,
        eps);
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
