package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class NativeBufferTest {

  @Test
  void memoryIsSharedBothWays() {
    try (NativeBuffer buffer = NativeBuffer.allocate(6 * Float.BYTES);
        var _ = TensorScope.open()) {
      Tensor tensor = Tensor.wrap(buffer, 0, DType.FLOAT32, 2, 3);
      MemorySegment memory = buffer.segment();
      assertEquals(0, memory.address() % 64);
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, 4, 5f);
      assertArrayEquals(new float[] {0, 0, 0, 0, 5, 0}, tensor.toFloatArray());
      tensor.add_(1);
      assertEquals(6f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 4));
      assertEquals(1f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
    }
  }

  @Test
  void channelsLastReadsRowsOfPixels() {
    int n = 2;
    int c = 3;
    int h = 4;
    int w = 5;
    try (NativeBuffer buffer = NativeBuffer.allocate((long) n * c * h * w * Float.BYTES + 128);
        var _ = TensorScope.open()) {
      MemorySegment pixels = buffer.segment().asSlice(128);
      for (int i = 0; i < n * c * h * w; i++) {
        pixels.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      Tensor tensor = Tensor.wrapChannelsLast(buffer, 128, DType.FLOAT32, n, c, h, w);
      assertTrue(tensor.isChannelsLast());
      assertArrayEquals(new long[] {n, c, h, w}, tensor.shape());
      double[] expected = new double[n * c * h * w];
      int i = 0;
      for (int image = 0; image < n; image++) {
        for (int channel = 0; channel < c; channel++) {
          for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
              expected[i++] = ((image * h + y) * w + x) * c + channel;
            }
          }
        }
      }
      assertClose(expected, tensor);
    }
  }

  @Test
  void closedMemoryLivesUntilNoTensorRefersToIt() {
    NativeBuffer buffer = NativeBuffer.allocate(1024);
    MemorySegment memory = buffer.segment();
    Tensor view;
    try (var _ = TensorScope.open()) {
      view = Tensor.wrap(buffer, 0, DType.FLOAT32, 256).narrow(0, 8, 8).retain();
      buffer.close();
      assertTrue(buffer.isAlive());
    }
    // The wrapped tensor is gone, a view of it is not.
    assertTrue(buffer.isAlive());
    view.fill_(3);
    assertEquals(3f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 8));
    view.close();
    assertFalse(buffer.isAlive());
    assertThrows(IllegalStateException.class, () -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, 8));
  }

  /** Lets another thread use memory in a call that lasts until the test writes into the pipe. */
  private static Thread reading(Pipe pipe, MemorySegment memory) throws InterruptedException {
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                pipe.source().read(memory.asByteBuffer());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    // A read that waits is in native code.
    while (thread.getState() == Thread.State.NEW || !waits(thread)) {
      Thread.sleep(1);
    }
    return thread;
  }

  private static boolean waits(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    return stack.length > 0
        && stack[0].isNativeMethod()
        && stack[0].getMethodName().contains("read");
  }

  private static void end(Pipe pipe, Thread reading) throws IOException, InterruptedException {
    pipe.sink().write(ByteBuffer.allocate(1));
    reading.join();
    pipe.sink().close();
    pipe.source().close();
  }

  @Test
  void memoryThatIsInUseIsFreedByTheNextClose() throws Exception {
    NativeBuffer buffer = NativeBuffer.allocate(8);
    Pipe pipe = Pipe.open();
    Thread reading = reading(pipe, buffer.segment());
    assertThrows(IllegalStateException.class, buffer::close);
    assertTrue(buffer.isAlive());
    end(pipe, reading);
    buffer.close();
    assertFalse(buffer.isAlive());
    buffer.close();
  }

  @Test
  void memoryThatIsInUseKeepsNoOtherFromBeingFreed() throws Exception {
    Pipe pipe = Pipe.open();
    List<NativeBuffer> buffers = new ArrayList<>();
    Thread reading;
    TensorScope scope = TensorScope.open();
    for (int i = 0; i < 5; i++) {
      NativeBuffer buffer = NativeBuffer.allocate(8);
      buffers.add(buffer);
      Tensor.wrap(buffer, 0, DType.INT64);
    }
    reading = reading(pipe, buffers.get(2).segment());
    buffers.forEach(NativeBuffer::close);
    assertThrows(IllegalStateException.class, scope::close);
    end(pipe, reading);
    assertEquals(
        List.of(false, false, true, false, false),
        buffers.stream().map(NativeBuffer::isAlive).toList());
    buffers.get(2).close();
    assertFalse(buffers.get(2).isAlive());
  }

  @Test
  void theGraphKeepsMemoryAlive() {
    NativeBuffer buffer = NativeBuffer.allocate(4 * Float.BYTES);
    buffer.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 2, 9f);
    Tensor weight;
    Tensor loss;
    try (var _ = TensorScope.open()) {
      weight = Tensor.ones(DType.FLOAT32, 4).requiresGrad(true).retain();
      loss = Tensor.wrap(buffer, 0, DType.FLOAT32, 4).mul(weight).sum().retain();
    }
    buffer.close();
    assertTrue(buffer.isAlive());
    try (var _ = TensorScope.open()) {
      loss.backward();
      assertArrayEquals(new float[] {0, 0, 9, 0}, weight.grad().orElseThrow().toFloatArray());
      loss.close();
      weight.close();
    }
    assertFalse(buffer.isAlive());
  }

  @Test
  void oneBufferHoldsManyTensors() {
    NativeBuffer buffer = NativeBuffer.allocate(200 * Long.BYTES);
    try (var _ = TensorScope.open()) {
      for (int i = 0; i < 200; i++) {
        Tensor.wrap(buffer, (long) i * Long.BYTES, DType.INT64).fill_(i);
      }
      buffer.close();
      assertTrue(buffer.isAlive());
    }
    assertFalse(buffer.isAlive());
  }

  @Test
  void closingTwiceAndUseAfterClose() {
    NativeBuffer buffer = NativeBuffer.allocate(64);
    buffer.close();
    buffer.close();
    assertFalse(buffer.isAlive());
    assertThrows(IllegalStateException.class, buffer::segment);
    try (var _ = TensorScope.open()) {
      assertThrows(IllegalStateException.class, () -> Tensor.wrap(buffer, 0, DType.UINT8, 64));
    }
  }

  @Test
  void tensorsMustLieWithinTheBuffer() {
    try (NativeBuffer buffer = NativeBuffer.allocate(64);
        var _ = TensorScope.open()) {
      assertRefused("byteOffset", () -> Tensor.wrap(buffer, -4, DType.FLOAT32, 1));
      assertRefused("byteOffset", () -> Tensor.wrap(buffer, 2, DType.FLOAT32, 1));
      assertRefused("64", () -> Tensor.wrap(buffer, 0, DType.FLOAT32, 17));
      assertRefused("64", () -> Tensor.wrap(buffer, 60, DType.FLOAT32, 2));
      assertRefused("shape", () -> Tensor.wrap(buffer, 0, DType.FLOAT32, -1));
      assertRefused("shape", () -> Tensor.wrap(buffer, 0, DType.FLOAT32, 1L << 40, 1L << 40));
      assertRefused("bytes", () -> NativeBuffer.allocate(-1));
    }
  }

  @Test
  void segmentsOfUnclosableArenasCanBeWrapped() {
    try (var _ = TensorScope.open()) {
      MemorySegment automatic = Arena.ofAuto().allocate(8, 8);
      Tensor tensor = Tensor.wrap(automatic, DType.INT64);
      automatic.set(ValueLayout.JAVA_LONG, 0, 42);
      assertEquals(42, tensor.itemLong());
      assertEquals(0, Tensor.wrap(Arena.global().allocate(8, 8), DType.FLOAT64, 1).item());
    }
  }

  @Test
  void segmentsOfOtherArenasAreRefused() {
    try (var _ = TensorScope.open();
        Arena confined = Arena.ofConfined();
        Arena shared = Arena.ofShared()) {
      assertRefused("arena", () -> Tensor.wrap(confined.allocate(8, 8), DType.INT64));
      assertRefused("arena", () -> Tensor.wrap(shared.allocate(8, 8), DType.INT64));
      MemorySegment heap = MemorySegment.ofArray(new long[1]);
      assertThrows(IllegalArgumentException.class, () -> Tensor.wrap(heap, DType.INT64));
      assertRefused("native", () -> Tensor.wrapUnchecked(heap, DType.INT64));
      MemorySegment readOnly = Arena.global().allocate(8, 8).asReadOnly();
      assertRefused("writable", () -> Tensor.wrap(readOnly, DType.INT64));
      MemorySegment odd = Arena.global().allocate(16, 8).asSlice(1, 8);
      assertRefused("aligned", () -> Tensor.wrap(odd, DType.INT64));
      assertRefused("16", () -> Tensor.wrap(Arena.global().allocate(8, 8), DType.INT64, 2));
      Tensor unchecked = Tensor.wrapUnchecked(confined.allocate(8, 8), DType.INT64);
      assertEquals(0, unchecked.itemLong());
    }
  }

  @Test
  void aMappedFileIsNeverWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("data");
    Files.write(file, new byte[] {1, 2, 3, 4});
    try (NativeBuffer buffer = NativeBuffer.map(file);
        var _ = TensorScope.open()) {
      Tensor tensor = Tensor.wrap(buffer, 0, DType.UINT8, 4);
      assertArrayEquals(new int[] {1, 2, 3, 4}, tensor.toIntArray());
      tensor.add_(1);
      assertArrayEquals(new int[] {2, 3, 4, 5}, tensor.toIntArray());
    }
    assertArrayEquals(new byte[] {1, 2, 3, 4}, Files.readAllBytes(file));
  }

  private static void assertRefused(String word, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().contains(word), e.getMessage());
  }
}
