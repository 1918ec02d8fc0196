package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Handles and memory over many steps of what a training loop does with tensors. */
@ExtendWith(LeakCheck.class)
class EnduranceTest {

  private static final int STEPS = 2000;
  private static final int FEATURES = 4096;

  @Test
  void handlesAndMemoryStayFlat() throws IOException {
    int threads = Torch.numThreads();
    // The tensors are too small to gain from more, and threads that wait for each other are slow
    // on a busy machine.
    Torch.setNumThreads(1);
    try {
      run();
    } finally {
      Torch.setNumThreads(threads);
    }
  }

  private static void run() throws IOException {
    try (NativeBuffer batch = NativeBuffer.allocate(8L * FEATURES * Float.BYTES);
        TensorScope scope = TensorScope.open()) {
      Tensor w = Tensor.zeros(DType.FLOAT32, 4, FEATURES).requiresGrad(true);
      TensorList params = TensorList.of(List.of(w));
      TensorList buffers = TensorList.of(List.of(w.zerosLike()));
      step(batch, w, params, buffers);
      long handles = Torch.liveHandles();
      long resident = 0;
      for (int i = 0; i < STEPS; i++) {
        step(batch, w, params, buffers);
        assertEquals(handles, Torch.liveHandles());
        if (i == STEPS / 10) {
          resident = residentBytes();
        }
      }
      assertEquals(2, scope.size());
      // One leaked batch, of 128 KiB, in every step would be 225 MiB.
      long growth = residentBytes() - resident;
      assertTrue(growth < 64 << 20, "resident memory grew by " + growth + " bytes");
    }
  }

  private static void step(NativeBuffer batch, Tensor w, TensorList params, TensorList buffers) {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.wrap(batch, 0, DType.FLOAT32, 8, FEATURES);
      x.add_(1e-3);
      Tensor loss;
      try (var _ = Autocast.bf16()) {
        loss = x.linear(w).to(DType.FLOAT32).square().mean();
      }
      loss.backward();
      OptimGroups groups = OptimGroups.all(params, 0, false);
      Optim.sgdStep(params, buffers, groups, Tensor.full(1e-6, DType.FLOAT32), 0.9, false);
      Optim.zeroGrad(params);
      List<Object> results = Op.find("aten::topk", "").call(x.select(0, 0), 3);
      assertEquals(2, results.size());
    }
  }

  private static long residentBytes() throws IOException {
    // The second number, in pages of 4 KiB.
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
