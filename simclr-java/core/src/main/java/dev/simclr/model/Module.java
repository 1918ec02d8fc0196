package dev.simclr.model;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A piece of a network: a function of a tensor with parameters, buffers and child modules, named as
 * PyTorch names them.
 *
 * <p>A subclass registers its tensors and children in its constructor and computes in {@link
 * #forward}. The module owns its tensors and frees them in {@link #close}. Modules start in
 * training mode. They are used by one thread at a time, the one that computes.
 */
public abstract class Module implements AutoCloseable {

  private final Map<String, Slot> parameters = new LinkedHashMap<>();
  private final Map<String, Slot> buffers = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();
  private boolean training = true;

  /** Creates a module without tensors. */
  protected Module() {}

  /** Holds a registered tensor, so that moving a module can replace it under its layers. */
  public static final class Slot {

    private final ParameterKind kind;
    private final boolean trainable;
    private Tensor tensor;

    private Slot(ParameterKind kind, boolean trainable, Tensor tensor) {
      this.kind = kind;
      this.trainable = trainable;
      this.tensor = tensor;
    }

    /**
     * Returns the tensor.
     *
     * @return the tensor, which belongs to the module
     */
    public Tensor tensor() {
      return tensor;
    }
  }

  /**
   * Computes the module's output.
   *
   * @param x the input; shape and type are the subclass's
   * @return the output, owned by the innermost scope of the caller
   */
  public abstract Tensor forward(Tensor x);

  /**
   * Registers a trainable tensor.
   *
   * @param name the last part of its name
   * @param kind what it does
   * @param initial its first value; the module owns it from now on
   * @return where to find the tensor in {@link #forward}
   */
  protected final Slot parameter(String name, ParameterKind kind, Tensor initial) {
    String key = unused(name);
    Slot slot = new Slot(kind, true, initial.retain().requiresGrad(true));
    parameters.put(key, slot);
    return slot;
  }

  /**
   * Registers a tensor that belongs to the state of the module but is not trained.
   *
   * @param name the last part of its name
   * @param initial its first value; the module owns it from now on
   * @return where to find the tensor in {@link #forward}
   */
  protected final Slot buffer(String name, Tensor initial) {
    String key = unused(name);
    // The kind of a buffer is never looked at.
    Slot slot = new Slot(ParameterKind.WEIGHT, false, initial.retain());
    buffers.put(key, slot);
    return slot;
  }

  /**
   * Registers a child, whose tensors' names start with its name and a dot.
   *
   * @param name the child's name
   * @param module the child; this module owns it from now on
   * @return the child
   */
  protected final <M extends Module> M child(String name, M module) {
    children.put(unused(name), module);
    return module;
  }

  private String unused(String name) {
    if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) {
      throw new IllegalArgumentException("'" + name + "' is registered already");
    }
    return name;
  }

  /**
   * Lists the trainable tensors.
   *
   * @return parameters in the order of PyTorch's {@code named_parameters()}
   */
  public final List<Parameter> parameters() {
    List<Parameter> result = new ArrayList<>();
    visit(
        "",
        (prefix, module) ->
            module.parameters.forEach(
                (name, slot) -> result.add(new Parameter(prefix + name, slot.kind, slot.tensor))));
    return result;
  }

  /**
   * Returns the trainable tensors.
   *
   * @return tensors by name, in the order of PyTorch's {@code named_parameters()}
   */
  public final LinkedHashMap<String, Tensor> namedParameters() {
    LinkedHashMap<String, Tensor> result = new LinkedHashMap<>();
    visit(
        "",
        (prefix, module) ->
            module.parameters.forEach((name, slot) -> result.put(prefix + name, slot.tensor)));
    return result;
  }

  /**
   * Returns the tensors that are state but not trained.
   *
   * @return tensors by name, in the order of PyTorch's {@code named_buffers()}
   */
  public final LinkedHashMap<String, Tensor> namedBuffers() {
    LinkedHashMap<String, Tensor> result = new LinkedHashMap<>();
    visit(
        "",
        (prefix, module) ->
            module.buffers.forEach((name, slot) -> result.put(prefix + name, slot.tensor)));
    return result;
  }

  /**
   * Returns all tensors that make up the module's state.
   *
   * @return tensors by name, in the order of PyTorch's {@code state_dict()}
   */
  public final LinkedHashMap<String, Tensor> state() {
    LinkedHashMap<String, Tensor> result = new LinkedHashMap<>();
    visit(
        "",
        (prefix, module) -> {
          module.parameters.forEach((name, slot) -> result.put(prefix + name, slot.tensor));
          module.buffers.forEach((name, slot) -> result.put(prefix + name, slot.tensor));
        });
    return result;
  }

  private void visit(String prefix, BiConsumer<String, Module> action) {
    action.accept(prefix, this);
    children.forEach((name, module) -> module.visit(prefix + name + ".", action));
  }

  /**
   * Counts the trainable numbers.
   *
   * @return elements of all parameters together
   */
  public final long parameterCount() {
    return parameters().stream().mapToLong(parameter -> parameter.tensor().numel()).sum();
  }

  /**
   * Chooses between training mode, where batch norm uses and tracks batch statistics, and
   * evaluation mode, where it uses the tracked ones.
   *
   * @param mode true for training
   */
  public final void train(boolean mode) {
    visit("", (prefix, module) -> module.training = mode);
  }

  /**
   * Chooses training mode for some modules and evaluation mode for the others, so that parts that
   * are frozen keep their statistics.
   *
   * @param trained tells by its name whether a module trains; names of children end in a dot, such
   *     as {@code layer1.0.bn1.}, and this module's is empty
   */
  public final void train(Predicate<String> trained) {
    visit("", (prefix, module) -> module.training = trained.test(prefix));
  }

  /** Chooses evaluation mode. */
  public final void eval() {
    train(false);
  }

  /**
   * Tells the mode.
   *
   * @return true in training mode
   */
  public final boolean isTraining() {
    return training;
  }

  /**
   * Moves all tensors to a device. Gradients are dropped; optimizers are to be made afterwards,
   * since parameters are replaced.
   *
   * @param device where to
   */
  public final void to(Device device) {
    replace(tensor -> tensor.to(device));
  }

  /**
   * Converts all floating tensors. Gradients are dropped; optimizers are to be made afterwards.
   *
   * @param dtype a floating type
   */
  public final void to(DType dtype) {
    if (!isFloating(dtype)) {
      throw new IllegalArgumentException("dtype is " + dtype + "; allowed: a floating type");
    }
    replace(tensor -> isFloating(tensor.dtype()) ? tensor.to(dtype) : tensor);
  }

  /**
   * Changes how the weights of convolutions lie in memory. Gradients are dropped; optimizers are to
   * be made afterwards.
   *
   * @param format contiguous or channels-last
   */
  public final void to(MemoryFormat format) {
    replace(tensor -> tensor.dim() == 4 ? tensor.to(format) : tensor);
  }

  private static boolean isFloating(DType dtype) {
    return switch (dtype) {
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> true;
      default -> false;
    };
  }

  private void replace(UnaryOperator<Tensor> conversion) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      visit(
          "",
          (prefix, module) -> {
            module.parameters.values().forEach(slot -> replace(slot, conversion));
            module.buffers.values().forEach(slot -> replace(slot, conversion));
          });
    }
  }

  private static void replace(Slot slot, UnaryOperator<Tensor> conversion) {
    Tensor detached = slot.tensor.detach();
    Tensor converted = conversion.apply(detached);
    if (converted == detached) {
      return;
    }
    Tensor old = slot.tensor;
    slot.tensor = converted.retain();
    if (slot.trainable) {
      slot.tensor.requiresGrad(true);
    }
    old.close();
  }

  /** Frees the tensors of this module and its children. Calling it again does nothing. */
  @Override
  public final void close() {
    visit(
        "",
        (prefix, module) -> {
          module.parameters.values().forEach(slot -> slot.tensor.close());
          module.buffers.values().forEach(slot -> slot.tensor.close());
        });
  }
}
