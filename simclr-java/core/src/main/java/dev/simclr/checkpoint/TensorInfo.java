package dev.simclr.checkpoint;

import java.util.List;

/**
 * One entry of a safetensors header.
 *
 * @param name the tensor's name, unique in its file
 * @param type the element type
 * @param shape the sizes, empty for a scalar; at most 64 of them
 * @param begin offset of the first byte, from the start of the file's data section
 * @param end offset after the last byte
 */
public record TensorInfo(
    String name, SafetensorsType type, List<Long> shape, long begin, long end) {

  /**
   * Returns the size of the data.
   *
   * @return bytes
   */
  public long byteSize() {
    return end - begin;
  }

  long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
