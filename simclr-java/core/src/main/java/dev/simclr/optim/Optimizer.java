package dev.simclr.optim;

import dev.simclr.model.Parameter;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Optim;
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
 * Updates parameters from their gradients, one native call per group of parameters.
 *
 * <p>An optimizer owns its state tensors, one set per parameter, zero at first, and frees them in
 * {@link #close}. Parameters stay their modules'; a module is not to be moved after its optimizer
 * is made. Parameters without a gradient are skipped. Used by the thread that computes.
 */
public abstract sealed class Optimizer implements AutoCloseable permits Sgd, Lars, AdamW {

  // As in PyTorch.
  private static final double CLIP_EPSILON = 1e-6;

  private final List<Group> groups = new ArrayList<>();
  private final TensorList all;
  private final LinkedHashMap<String, Tensor> state = new LinkedHashMap<>();

  /** A parameter group with native lists of its parameters and of each kind of state. */
  record Group(ParameterGroup options, TensorList parameters, List<TensorList> state) {}

  /**
   * Allocates state.
   *
   * @param groups what to update
   * @param stateNames the kinds of state of one parameter; a tensor's name is its kind, a dot and
   *     the parameter's name
   * @throws IllegalArgumentException when there is nothing to update or a name occurs twice
   */
  Optimizer(List<ParameterGroup> groups, List<String> stateNames) {
    List<Tensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (ParameterGroup group : groups) {
      for (Parameter parameter : group.parameters()) {
        tensors.add(parameter.tensor());
        if (!names.add(parameter.name())) {
          throw new IllegalArgumentException("two parameters are named '" + parameter.name() + "'");
        }
      }
    }
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("no parameters to update");
    }
    all = TensorList.of(tensors);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      for (ParameterGroup group : groups) {
        this.groups.add(allocate(group, stateNames));
      }
    }
  }

  private Group allocate(ParameterGroup group, List<String> stateNames) {
    List<TensorList> lists = new ArrayList<>();
    for (String kind : stateNames) {
      List<Tensor> tensors = new ArrayList<>();
      for (Parameter parameter : group.parameters()) {
        // The same memory layout as the parameter, so that updates run through both in order.
        Tensor zeros = parameter.tensor().detach().zerosLike().retain();
        tensors.add(zeros);
        state.put(kind + "." + parameter.name(), zeros);
      }
      lists.add(TensorList.of(tensors));
    }
    List<Tensor> parameters = group.parameters().stream().map(Parameter::tensor).toList();
    return new Group(group, TensorList.of(parameters), List.copyOf(lists));
  }

  /** Adds a tensor that belongs to no single parameter to the state; this optimizer owns it. */
  final Tensor addState(String name, Tensor tensor) {
    state.put(name, tensor.retain());
    return tensor;
  }

  final List<Group> groups() {
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
    update(learningRate);
  }

  abstract void update(double learningRate);

  /** Removes the gradients of all parameters. */
  public final void zeroGrad() {
    Optim.zeroGrad(all);
  }

  /**
   * Computes the L2 norm over all gradients together. Waits for the device.
   *
   * @return the norm, 0 without gradients
   */
  public final double gradNorm() {
    return Optim.gradNorm(all);
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
      for (Group group : groups) {
        for (Parameter parameter : group.options().parameters()) {
          parameter.tensor().grad().ifPresent(gradient -> gradient.mul_(factor));
        }
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
  }
}
