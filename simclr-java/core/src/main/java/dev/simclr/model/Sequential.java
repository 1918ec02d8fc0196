package dev.simclr.model;

import dev.simclr.torch.Tensor;
import java.util.List;

/** Modules one after the other, named {@code 0}, {@code 1}, ... as in PyTorch. */
public final class Sequential extends Module {

  private final List<Module> modules;

  /**
   * Chains modules.
   *
   * @param modules in the order they compute; this module owns them from now on
   */
  public Sequential(List<? extends Module> modules) {
    this.modules = List.copyOf(modules);
    for (int i = 0; i < modules.size(); i++) {
      child(Integer.toString(i), modules.get(i));
    }
  }

  /**
   * Applies each module to the output of the one before.
   *
   * @param x input of the first module
   * @return output of the last module; x itself where there is none
   */
  @Override
  public Tensor forward(Tensor x) {
    Tensor result = x;
    for (Module module : modules) {
      result = module.forward(result);
    }
    return result;
  }
}
