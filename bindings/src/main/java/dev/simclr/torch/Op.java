package dev.simclr.torch;

import dev.simclr.torch.internal.BoxedValue;
import dev.simclr.torch.internal.SctOp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An operator of libtorch, by schema name: the way to whatever has no method of its own.
 *
 * <pre>{@code
 * Tensor roll = (Tensor) Op.find("aten::roll", "").call(x, List.of(1), List.of(0)).getFirst();
 * }</pre>
 *
 * <p>Arguments and results are these types, and nothing else:
 *
 * <table>
 * <caption>Java types of schema types</caption>
 * <tr><th>schema</th><th>argument</th><th>result</th></tr>
 * <tr><td>Tensor</td><td>{@link Tensor}</td><td>{@link Tensor}, owned by the innermost {@link
 *     TensorScope}; an undefined one is {@code Optional.empty()}</td></tr>
 * <tr><td>int, SymInt, Layout</td><td>Long, Integer, Short, Byte</td><td>Long</td></tr>
 * <tr><td>float</td><td>Double, Float</td><td>Double</td></tr>
 * <tr><td>Scalar</td><td>Long, Integer, Double, Float, Boolean</td><td>Long, Double, Boolean</td></tr>
 * <tr><td>bool</td><td>Boolean</td><td>Boolean</td></tr>
 * <tr><td>str</td><td>String</td><td>String</td></tr>
 * <tr><td>ScalarType</td><td>{@link DType}</td><td>{@link DType} or Long</td></tr>
 * <tr><td>Device</td><td>{@link Device}</td><td>{@link Device}</td></tr>
 * <tr><td>MemoryFormat</td><td>{@link MemoryFormat}</td><td>Long</td></tr>
 * <tr><td>T[]</td><td>List of T, also long[], int[], double[], boolean[]</td><td>List of T</td></tr>
 * <tr><td>T?</td><td>T, Optional of T, {@code Optional.empty()}</td><td>T or {@code
 *     Optional.empty()}</td></tr>
 * </table>
 */
public final class Op {

  /** Gives its first argument the storage of another tensor. */
  private static final String EXCHANGES_STORAGE = "aten::set_";

  private final String name;
  private final MemorySegment handle;

  private Op(String name, MemorySegment handle) {
    this.name = name;
    this.handle = handle;
  }

  /**
   * Finds an operator.
   *
   * @param name such as {@code aten::topk}
   * @param overload such as {@code Tensor}, or the empty string
   * @throws TorchException of kind NOT_FOUND, naming the overloads that exist
   */
  public static Op find(String name, String overload) {
    return new Op(name, SctOp.find(name, overload));
  }

  /** Returns the schema: the names, types and defaults of arguments, and the types of results. */
  public String schema() {
    return SctOp.schema(handle);
  }

  /**
   * Calls the operator; arguments left out at the end take the schema's defaults.
   *
   * @return the results, in the schema's order
   * @throws IllegalArgumentException if an argument is of a Java type that is not in the table
   * @throws TorchException of kind INVALID_ARGUMENT, naming the argument, if number or types do not
   *     fit the schema; of another kind if the operator fails
   */
  public List<Object> call(Object... arguments) {
    return call(List.of(arguments), Map.of());
  }

  /**
   * Calls the operator; arguments left out take the schema's defaults.
   *
   * @param positional the first arguments, in the schema's order
   * @param named others, by name
   * @return the results, in the schema's order
   * @throws IllegalArgumentException if an argument is of a Java type that is not in the table
   * @throws TorchException of kind INVALID_ARGUMENT, naming the argument, if number or types do not
   *     fit the schema; of another kind if the operator fails
   */
  public List<Object> call(List<?> positional, Map<String, ?> named) {
    TensorScope scope = TensorScope.current();
    if (name.equals(EXCHANGES_STORAGE)
        && !positional.isEmpty()
        && positional.getFirst() instanceof Tensor changed) {
      changed.requireNotViewed();
    }
    List<BoxedValue> first = new ArrayList<>();
    for (Object argument : positional) {
      first.add(OpValues.box(argument));
    }
    List<String> names = new ArrayList<>();
    List<BoxedValue> others = new ArrayList<>();
    named.forEach((name, argument) -> {
      names.add(name);
      others.add(OpValues.box(argument));
    });
    List<Object> results = new ArrayList<>();
    for (BoxedValue value : SctOp.call(handle, first, names, others)) {
      results.add(OpValues.unbox(value, scope));
    }
    return List.copyOf(results);
  }

  /** Returns the schema. */
  @Override
  public String toString() {
    return schema();
  }
}
