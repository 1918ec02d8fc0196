package dev.simclr.model;

import dev.simclr.torch.Tensor;

/**
 * A trainable tensor of a module, as an optimizer sees it.
 *
 * @param name dotted path from the module that was asked, for example {@code layer1.0.conv1.weight}
 * @param kind what it does
 * @param tensor the tensor; it belongs to its module, and {@link Module#to} replaces it
 */
public record Parameter(String name, ParameterKind kind, Tensor tensor) {}
