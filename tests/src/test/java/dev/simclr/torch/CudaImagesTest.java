package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class CudaImagesTest {

  @Test
  void onlyImagesOnAGpuAreTaken() {
    try (var _ = TensorScope.open()) {
      Tensor images = Tensor.zeros(DType.UINT8, 2, 5, 4, 3);
      assertRefused("images are on cpu; allowed: a CUDA device", images);
      assertRefused("images are float32 [2, 5, 4, 3]; allowed: uint8", images.to(DType.FLOAT32));
      assertRefused("images are uint8 [40, 3]; allowed: uint8 [N, H, W, 3]", images.view(40, 3));
      assertRefused("images are uint8 [2, 5, 3, 4];", Tensor.zeros(DType.UINT8, 2, 5, 3, 4));
      assertRefused("images are uint8 [0, 5, 4, 3];", Tensor.zeros(DType.UINT8, 0, 5, 4, 3));
      assertRefused("images have strides [60, 3, 12, 1];", images.transpose(1, 2));
    }
  }

  private static void assertRefused(String message, Tensor images) {
    var e = assertThrows(IllegalArgumentException.class, () -> new CudaImages(images));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  @Test
  @Tag("gpu")
  void eachImageHasItsAddress() {
    assumeTrue(Cuda.isLoaded(), "needs a GPU");
    try (var _ = TensorScope.open()) {
      Tensor tensor = Tensor.zeros(DType.UINT8, Device.cuda(0), 3, 5, 4, 3);
      CudaImages images = new CudaImages(tensor);
      assertEquals(3, images.count());
      assertEquals(5, images.height());
      assertEquals(4, images.width());
      assertEquals(Device.cuda(0), images.device());
      assertEquals(images.address(0) + 120, images.address(2));
      for (long index : new long[] {-1, 3, Long.MAX_VALUE}) {
        var e = assertThrows(IllegalArgumentException.class, () -> images.address(index));
        assertEquals("index is " + index + "; allowed: 0 to 2", e.getMessage());
      }
      images.requireOpen();
      tensor.close();
      assertThrows(IllegalStateException.class, images::requireOpen);
    }
  }
}
