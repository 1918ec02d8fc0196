package dev.simclr.checkpoint;

import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a safetensors file: named arrays without code, so a file from elsewhere is safe to open.
 *
 * <p>{@link #open} checks the whole header against the file's size before anything is allocated
 * from what it says. Data is copied by positional reads into memory that the reader's user owns:
 * the file is never mapped, so that one which shrinks meanwhile is an exception and not the end of
 * the process.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class SafetensorsReader implements AutoCloseable {

  // ByteBuffer views are limited to 2 GiB; reads go through views of at most this size.
  private static final long CHUNK_BYTES = 1L << 30;

  private final Path file;
  private final FileChannel channel;
  private final long dataStart;
  private final SafetensorsHeader header;

  private SafetensorsReader(
      Path file, FileChannel channel, long dataStart, SafetensorsHeader header) {
    this.file = file;
    this.channel = channel;
    this.dataStart = dataStart;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param file a safetensors file
   * @return a reader, to be closed
   * @throws CheckpointException when the file cannot be read or is not a valid safetensors file
   */
  public static SafetensorsReader open(Path file) {
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    try {
      long size = channel.size();
      if (size < Long.BYTES) {
        throw malformed(file, "only " + size + " bytes long");
      }
      ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      readFully(file, channel, prefix, 0);
      // The length is unsigned: what reads as negative here is far beyond any limit.
      long headerBytes = prefix.getLong(0);
      if (headerBytes < 0 || headerBytes > SafetensorsHeader.MAX_HEADER_BYTES) {
        throw malformed(
            file,
            "header of "
                + Long.toUnsignedString(headerBytes)
                + " bytes, the limit is "
                + SafetensorsHeader.MAX_HEADER_BYTES);
      }
      long dataStart = Long.BYTES + headerBytes;
      if (dataStart > size) {
        throw malformed(
            file, "header of " + headerBytes + " bytes in a file of " + size + " bytes");
      }
      // Strict UTF-8 by our own decoder, since JSON parsers guess UTF-16 and UTF-32 from the bytes.
      Reader json =
          new InputStreamReader(
              new BoundedStream(channel, Long.BYTES, dataStart),
              StandardCharsets.UTF_8
                  .newDecoder()
                  .onMalformedInput(CodingErrorAction.REPORT)
                  .onUnmappableCharacter(CodingErrorAction.REPORT));
      SafetensorsHeader header = SafetensorsHeader.parse(json, size - dataStart);
      return new SafetensorsReader(file, channel, dataStart, header);
    } catch (SafetensorsHeader.Malformed e) {
      CheckpointException failure = malformed(file, e.getMessage());
      failure.initCause(e);
      closeAfter(failure, channel);
      throw failure;
    } catch (IOException e) {
      CheckpointException failure = unreadable(file, e);
      closeAfter(failure, channel);
      throw failure;
    } catch (RuntimeException | Error e) {
      closeAfter(e, channel);
      throw e;
    }
  }

  private static void closeAfter(Throwable failure, FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Returns the tensors' names.
   *
   * @return names, in the order of the data in the file
   */
  public Set<String> names() {
    return header.tensors().keySet();
  }

  /**
   * Returns the file's {@code __metadata__}.
   *
   * @return strings by key, empty when the file has none
   */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * Describes a tensor.
   *
   * @param name a tensor's name
   * @return its header entry
   * @throws CheckpointException when there is no such tensor
   */
  public TensorInfo info(String name) {
    TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw new CheckpointException(file + ": no tensor '" + name + "'");
    }
    return info;
  }

  /**
   * Copies a tensor's bytes, little-endian and row-major, into memory.
   *
   * @param name a tensor's name
   * @param destination at least {@link TensorInfo#byteSize} bytes
   * @throws CheckpointException when there is no such tensor or the file has shrunk
   */
  public void read(String name, MemorySegment destination) {
    TensorInfo info = info(name);
    if (destination.byteSize() < info.byteSize()) {
      throw new IllegalArgumentException(
          "destination of "
              + destination.byteSize()
              + " bytes for tensor '"
              + name
              + "' of "
              + info.byteSize());
    }
    for (long done = 0; done < info.byteSize(); done += CHUNK_BYTES) {
      long count = Math.min(CHUNK_BYTES, info.byteSize() - done);
      ByteBuffer target = destination.asSlice(done, count).asByteBuffer();
      try {
        readFully(file, channel, target, dataStart + info.begin() + done);
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
  }

  /**
   * Reads a tensor into new memory.
   *
   * @param name a tensor's name
   * @return a contiguous tensor on the CPU, owned by the innermost scope
   * @throws CheckpointException when there is no such tensor or its type has no counterpart here
   */
  public Tensor tensor(String name) {
    TensorInfo info = info(name);
    DType dtype =
        info.type()
            .dtype()
            .orElseThrow(() ->
                new CheckpointException(
                    file + ": tensor '" + name + "' has unsupported type " + info.type()));
    Tensor tensor = Tensor.empty(dtype, info.shapeArray());
    if (info.byteSize() > 0) {
      read(name, tensor.segment());
    }
    return tensor;
  }

  /**
   * Reads a tensor into an existing one of the same shape, converting type, device and memory
   * layout as needed.
   *
   * @param name a tensor's name
   * @param destination the tensor that is overwritten
   * @throws CheckpointException when there is no such tensor or its shape differs
   */
  public void readInto(String name, Tensor destination) {
    requireShape(name, destination);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      destination.copyFrom(tensor(name));
    }
  }

  /**
   * Reads the whole file into existing tensors, for example the {@code state()} of a module, as
   * PyTorch's {@code load_state_dict(strict=True)} does. Names and shapes are compared first, so a
   * file that does not fit changes nothing.
   *
   * @param destinations the tensors that are overwritten, by name
   * @throws CheckpointException when a name is missing or unexpected, or a shape differs
   */
  public void readAll(Map<String, Tensor> destinations) {
    readAll(destinations, Set.of());
  }

  /**
   * Reads the whole file into existing tensors, but for some that the file may have and nobody
   * needs; see {@link #readAll(Map)}.
   *
   * @param destinations the tensors that are overwritten, by name
   * @param unneeded names that are no surprise
   * @throws CheckpointException when a name is missing or unexpected, or a shape differs
   */
  public void readAll(Map<String, Tensor> destinations, Set<String> unneeded) {
    List<String> missing = new ArrayList<>(destinations.keySet());
    missing.removeAll(names());
    List<String> unexpected = new ArrayList<>(names());
    unexpected.removeAll(destinations.keySet());
    unexpected.removeAll(unneeded);
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new CheckpointException(
          file
              + ": made for another model:"
              + (missing.isEmpty() ? "" : " missing " + abridged(missing))
              + (missing.isEmpty() || unexpected.isEmpty() ? "" : ",")
              + (unexpected.isEmpty() ? "" : " unexpected " + abridged(unexpected)));
    }
    destinations.forEach(this::requireShape);
    destinations.forEach(this::readInto);
  }

  private static String abridged(List<String> names) {
    int shown = Math.min(names.size(), 3);
    String rest = names.size() > shown ? " and " + (names.size() - shown) + " more" : "";
    return names.subList(0, shown) + rest;
  }

  private void requireShape(String name, Tensor destination) {
    TensorInfo info = info(name);
    if (!Arrays.equals(info.shapeArray(), destination.shape())) {
      throw new CheckpointException(
          file
              + ": tensor '"
              + name
              + "' has shape "
              + info.shape()
              + ", expected "
              + Arrays.toString(destination.shape()));
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static void readFully(Path file, FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, position);
      if (count < 0) {
        throw malformed(file, "ends at byte " + position + ", before its data");
      }
      position += count;
    }
  }

  private static CheckpointException unreadable(Path file, IOException e) {
    String reason =
        switch (e) {
          case NoSuchFileException _ -> "no such file";
          case AccessDeniedException _ -> "permission denied";
          default -> String.valueOf(e.getMessage());
        };
    return new CheckpointException("cannot read " + file + ": " + reason, e);
  }

  private static CheckpointException malformed(Path file, String what) {
    return new CheckpointException(file + ": not a valid safetensors file: " + what);
  }

  /** The header's bytes as a stream, so that a large header is never in memory twice. */
  private static final class BoundedStream extends InputStream {

    private final FileChannel channel;
    private final long end;
    private long position;

    BoundedStream(FileChannel channel, long position, long end) {
      this.channel = channel;
      this.position = position;
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (position >= end) {
        return -1;
      }
      int limit = (int) Math.min(length, end - position);
      int count = channel.read(ByteBuffer.wrap(target, offset, limit), position);
      if (count > 0) {
        position += count;
      }
      return count;
    }
  }
}
