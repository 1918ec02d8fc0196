package dev.simclr.model;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/** A dense layer. */
public final class Linear extends Module {

  private final Slot weight;
  private final Optional<Slot> bias;

  /**
   * Creates a dense layer.
   *
   * @param in inputs
   * @param out outputs
   * @param bias whether a bias is added
   * @param init draws weight and bias
   */
  public Linear(int in, int out, boolean bias, Initializer init) {
    this(in, out, bias, ParameterKind.WEIGHT, init);
  }

  private Linear(int in, int out, boolean bias, ParameterKind kind, Initializer init) {
    try (var _ = TensorScope.open()) {
      weight = parameter("weight", kind, init.denseWeight(out, in));
      this.bias =
          bias
              ? Optional.of(parameter("bias", ParameterKind.BIAS, init.denseBias(out, in)))
              : Optional.empty();
    }
  }

  /**
   * Creates a dense layer with bias that is trained on labels: LARS adaptation can tell it from the
   * encoder's layers.
   *
   * @param in inputs
   * @param classes outputs
   * @param init draws weight and bias
   * @return the layer
   */
  public static Linear classifier(int in, int classes, Initializer init) {
    return new Linear(in, classes, true, ParameterKind.SUPERVISED_HEAD, init);
  }

  /**
   * Computes x W' + b.
   *
   * @param x [N, in]
   * @return [N, out]
   */
  @Override
  public Tensor forward(Tensor x) {
    return bias.isPresent()
        ? x.linear(weight.tensor(), bias.get().tensor())
        : x.linear(weight.tensor());
  }
}
