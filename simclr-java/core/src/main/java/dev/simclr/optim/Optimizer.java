package dev.simclr.optim;

import dev.simclr.model.Parameter;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Optim;
import dev.simclr.torch.OptimGroups;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorList;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Updates parameters from their gradients, all groups of them in one native call.
 *
 * <p>An optimizer owns its state tensors, one set per parameter, zero at first, and frees them in
 * {@link #close}. Parameters stay their modules'; a module is not to be moved after its optimizer
 * is made. Parameters without a gradient are skipped. Used by the thread that computes.
 */
public abstract sealed class Optimizer implements AutoCloseable permits Sgd, Lars, AdamW {

  // As in PyTorch.
  private static final double CLIP_EPSILON = 1e-6;

  private final TensorList parameters;
  private final List<TensorList> states = new ArrayList<>();
  private final OptimGroups groups;
  private final LinkedHashMap<String, Tensor> state = new LinkedHashMap<>();
  // Float64, on the CPU, so that it has every value that a caller may give.
  private final Tensor learningRate;

  /**
   * Allocates state.
   *
   * @param groups what to update
   * @param stateNames the kinds of state of one parameter; a tensor's name is its kind, a dot and
   *     the parameter's name
   * @throws IllegalArgumentException when there is nothing to update or a name occurs twice
   */
  Optimizer(List<ParameterGroup> groups, List<String> stateNames) {
    List<Parameter> all = groups.stream().flatMap(group -> group.parameters().stream()).toList();
    Set<String> names = new HashSet<>();
    for (Parameter parameter : all) {
      if (!names.add(parameter.name())) {
        throw new IllegalArgumentException("two parameters are named '" + parameter.name() + "'");
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no parameters to update");
    }
    parameters = TensorList.of(all.stream().map(Parameter::tensor).toList());
    this.groups = OptimGroups.of(groups.stream().map(Optimizer::nativeGroup).toList());
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      for (String kind : stateNames) {
        states.add(allocate(kind, all));
      }
      learningRate = Tensor.zeros(DType.FLOAT64).retain();
    }
  }

  private static OptimGroups.Group nativeGroup(ParameterGroup group) {
    return new OptimGroups.Group(group.parameters().size(), group.weightDecay(), group.adapt());
  }

  private TensorList allocate(String kind, List<Parameter> all) {
    List<Tensor> tensors = new ArrayList<>();
    for (Parameter parameter : all) {
      // The same memory layout as the parameter, so that updates run through both in order.
      Tensor zeros = parameter.tensor().detach().zerosLike().retain();
      tensors.add(zeros);
      state.put(kind + "." + parameter.name(), zeros);
    }
    return TensorList.of(tensors);
  }

  /** Adds a tensor that belongs to no single parameter to the state; this optimizer owns it. */
  final Tensor addState(String name, Tensor tensor) {
    state.put(name, tensor.retain());
    return tensor;
  }

  /** Returns all parameters, group by group. */
  final TensorList parameters() {
    return parameters;
  }

  /** Returns the states of each kind, one for each parameter. */
  final List<TensorList> states() {
    return states;
  }

  final OptimGroups groups() {
    return groups;
  }

  /**
   * Updates all parameters.
   *
   * @param learningRate the learning rate of this step
   * @throws IllegalArgumentException when the learning rate is negative or not finite
   */
  public final void step(double learningRate) {
    if (!(learningRate >= 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException(
          "learningRate is " + learningRate + "; allowed: finite, 0 or more");
    }
    update(this.learningRate.fill_(learningRate));
  }

  /**
   * Updates all parameters with a learning rate that a tensor holds: float32 or float64, without
   * dimensions, on the CPU or where all parameters are. On a device it is not read, so that a CUDA
   * graph that has captured this step repeats it with what the tensor holds then; for all but the
   * learning rate, such as the number of the step of AdamW, the graph keeps what was.
   *
   * @param learningRate the learning rate of this step, which the caller keeps
   * @throws dev.simclr.torch.TorchException when the tensor is none such, or holds on the CPU a
   *     number that is not finite; nothing has changed then
   */
  public final void step(Tensor learningRate) {
    update(learningRate);
  }

  abstract void update(Tensor learningRate);

  /** Removes the gradients of all parameters. */
  public final void zeroGrad() {
    Optim.zeroGrad(parameters);
  }

  /**
   * Computes the L2 norm over all gradients together. Waits for the device.
   *
   * @return the norm, 0 without gradients
   */
  public final double gradNorm() {
    return Optim.gradNorm(parameters);
  }

  /**
   * Multiplies all gradients by a factor.
   *
   * @throws IllegalArgumentException if it is infinite or NaN
   */
  public final void scaleGrad(double factor) {
    if (!Double.isFinite(factor)) {
      throw new IllegalArgumentException("factor is " + factor + "; allowed: finite");
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      for (Tensor parameter : parameters.tensors()) {
        parameter.grad().ifPresent(gradient -> gradient.mul_(factor));
      }
    }
  }

  /**
   * Shortens all gradients together to a norm, if theirs is larger, as {@code
   * torch.nn.utils.clip_grad_norm_} does. Gradients that are not finite stay as they are. Waits for
   * the device.
   *
   * @param max the largest norm, above 0
   * @return the norm before
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public final double clipGradNorm(double max) {
    Checks.positive("max", max);
    double norm = gradNorm();
    if (Double.isFinite(norm) && norm > max) {
      scaleGrad(max / (norm + CLIP_EPSILON));
    }
    return norm;
  }

  /**
   * Returns everything that an interrupted run needs besides the parameters. Overwriting the
   * tensors, as {@link dev.simclr.checkpoint.SafetensorsReader#readAll} does, restores it.
   *
   * @return the state tensors by name; they belong to this optimizer
   */
  public final Map<String, Tensor> state() {
    return Collections.unmodifiableMap(state);
  }

  /** Frees the state. Calling it again does nothing. */
  @Override
  public final void close() {
    state.values().forEach(Tensor::close);
    learningRate.close();
  }
}
