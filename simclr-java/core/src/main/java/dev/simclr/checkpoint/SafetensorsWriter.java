package dev.simclr.checkpoint;

import dev.simclr.io.AtomicFiles;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes safetensors files: a JSON header and the tensors' bytes, little-endian and row-major.
 *
 * <p>Larger element types come first, then names in order, so every tensor is aligned to its
 * element size and equal contents give byte-identical files. The file appears complete or not at
 * all.
 */
public final class SafetensorsWriter {

  // ByteBuffer views are limited to 2 GiB.
  private static final long CHUNK_BYTES = 1L << 30;

  private SafetensorsWriter() {}

  /**
   * Saves tensors of any device and memory layout.
   *
   * @param file the file, created or replaced
   * @param tensors what to save, by name
   * @param metadata strings for the file's {@code __metadata__}; may be empty
   * @throws IllegalArgumentException for a name or a type that the format cannot hold
   * @throws dev.simclr.io.CannotWriteException when the file cannot be written; what it held before
   *     is untouched
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, DType> types = LinkedHashMap.newLinkedHashMap(tensors.size());
    tensors.forEach((name, tensor) -> types.put(name, tensor.dtype()));
    SafetensorsHeader header =
        SafetensorsHeader.layOut(types, name -> tensors.get(name).shape(), metadata);
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeFully(channel, header.encode());
          for (String name : header.tensors().keySet()) {
            writeData(channel, tensors.get(name));
          }
        });
  }

  private static void writeData(FileChannel channel, Tensor tensor) throws IOException {
    if (tensor.numel() == 0) {
      return;
    }
    // One tensor at a time, so that a model on another device needs no second copy of itself here.
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor rows = tensor.detach().to(Device.CPU).contiguous();
      MemorySegment bytes = rows.segment();
      for (long done = 0; done < bytes.byteSize(); done += CHUNK_BYTES) {
        long count = Math.min(CHUNK_BYTES, bytes.byteSize() - done);
        AtomicFiles.writeFully(channel, bytes.asSlice(done, count).asByteBuffer());
      }
    }
  }
}
