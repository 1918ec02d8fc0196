package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Views of a tensor's own memory. */
@ExtendWith(LeakCheck.class)
class TensorMemoryTest {

  @Test
  void theViewIsTheTensorsMemory() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3}, 3);
      MemorySegment memory = a.segment();
      assertEquals(12, memory.byteSize());
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 20);
      assertEquals(24, a.sum().item());
      a.neg_();
      assertEquals(-20f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
      MemorySegment part = a.narrow(0, 1, 2).segment();
      assertEquals(8, part.byteSize());
      assertEquals(memory.address() + 4, part.address());
      assertThrows(
          IndexOutOfBoundsException.class, () -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, 3));
    }
  }

  @Test
  void channelsLastMemoryIsGivenAsItLies() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.arange(6, DType.FLOAT32).view(1, 2, 1, 3).to(MemoryFormat.CHANNELS_LAST);
      MemorySegment memory = a.segment();
      float[] expected = {0, 3, 1, 4, 2, 5};
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], memory.getAtIndex(ValueLayout.JAVA_FLOAT, i));
      }
    }
  }

  @Test
  void theViewEndsWithTheScope() {
    MemorySegment memory;
    try (var _ = TensorScope.open()) {
      memory = Tensor.ones(DType.FLOAT32, 2).segment();
      assertEquals(1f, memory.get(ValueLayout.JAVA_FLOAT, 0));
    }
    assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_FLOAT, 0));
  }

  @Test
  void theViewOfARetainedTensorEndsWithTheInnermostScope() {
    Tensor a;
    MemorySegment memory;
    try (var _ = TensorScope.open()) {
      a = Tensor.ones(DType.FLOAT32, 2).retain();
      try (var _ = TensorScope.open()) {
        memory = a.segment();
        assertEquals(1f, memory.get(ValueLayout.JAVA_FLOAT, 0));
      }
      assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_FLOAT, 0));
    }
    assertThrows(IllegalStateException.class, a::segment);
    a.close();
  }

  @Test
  void theScopeKeepsTheStorageOfAViewAlive() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.full(3, DType.FLOAT32, 1 << 20);
      MemorySegment memory = a.segment();
      a.close();
      // Would take the freed block if there were one.
      Tensor.full(4, DType.FLOAT32, 1 << 20);
      assertEquals(3f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
      assertEquals(3f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, (1 << 20) - 1));
    }
  }

  @Test
  void theStorageOfAViewIsNeitherResizedNorExchanged() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
      Tensor alias = a.view(6);
      MemorySegment memory = a.segment();
      Op resize = Op.find("aten::resize_", "");
      assertThrows(TorchException.class, () -> resize.call(a, List.of(1000)));
      assertThrows(TorchException.class, () -> resize.call(alias, List.of(1000)));
      Op set = Op.find("aten::set_", "source_Tensor");
      Tensor other = Tensor.zeros(DType.FLOAT32, 2, 3);
      assertThrows(IllegalStateException.class, () -> set.call(a, other));
      assertEquals(1f, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 5));
      assertEquals(memory.address(), a.segment().address());
    }
  }

  @Test
  void theStorageCanBeExchangedAgainAfterTheView() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2).retain();
      try (var _ = TensorScope.open()) {
        assertEquals(8, a.segment().byteSize());
      }
      Op.find("aten::set_", "source_Tensor").call(a, Tensor.zeros(DType.FLOAT32, 2));
      assertEquals(0, a.sum().item());
      a.close();
    }
  }

  @Test
  void onlyDenseMemoryCanBeViewed() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
      IllegalStateException e = assertThrows(IllegalStateException.class, a.t()::segment);
      assertTrue(e.getMessage().contains("contiguous()"), e.getMessage());
      assertThrows(IllegalStateException.class, a.narrow(1, 0, 2)::segment);
      assertThrows(IllegalStateException.class, a.select(0, 0).expand(4, 3)::segment);
      assertEquals(0, Tensor.zeros(DType.FLOAT32, 0).segment().byteSize());
    }
  }

  @Test
  void theViewBelongsToTheScopesThread() throws InterruptedException {
    try (var _ = TensorScope.open()) {
      MemorySegment memory = Tensor.ones(DType.FLOAT32, 1).segment();
      Throwable[] failure = new Throwable[1];
      Thread thread =
          new Thread(() -> {
            try {
              memory.get(ValueLayout.JAVA_FLOAT, 0);
            } catch (WrongThreadException e) {
              failure[0] = e;
            }
          });
      thread.start();
      thread.join();
      assertEquals(WrongThreadException.class, failure[0].getClass());
      assertNull(failure[0].getCause());
    }
  }
}
