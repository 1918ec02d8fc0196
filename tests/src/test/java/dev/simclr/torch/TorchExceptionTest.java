package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.TorchException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(LeakCheck.class)
class TorchExceptionTest {

  private static void fails(Kind kind, Executable call, String... parts) {
    TorchException e = assertThrows(TorchException.class, call);
    assertEquals(kind, e.kind(), e.getMessage());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), part + " in: " + e.getMessage());
    }
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
      Tensor b = Tensor.ones(DType.FLOAT32, 4, 5);
      fails(Kind.SHAPE, () -> a.matmul(b), "matmul", "[2, 3]", "[4, 5]");
      fails(Kind.SHAPE, () -> a.add(b), "add", "[2, 3]", "[4, 5]");
      fails(Kind.SHAPE, () -> a.view(7), "view", "[2, 3]");
      // The failed calls left nothing behind that breaks the next.
      assertEquals(3, a.matmul(a.t()).select(0, 0).select(0, 0).item());
    }
  }

  @Test
  void memoryThatIsNotThereIsTold() {
    try (var _ = TensorScope.open()) {
      fails(Kind.OUT_OF_MEMORY, () -> Tensor.ones(DType.FLOAT32, 1L << 46), "ones");
    }
  }

  @Test
  void devicesThatAreNotThereAreTold() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 1);
      Device absent = Device.cuda(Torch.cudaAvailable() ? 99 : 0);
      TorchException e = assertThrows(TorchException.class, () -> x.to(absent));
      assertTrue(e.kind() == Kind.UNSUPPORTED || e.kind() == Kind.DEVICE, e.kind().toString());
      assertTrue(e.getMessage().contains("[1]"), e.getMessage());
    }
  }

  @Test
  void operatorsThatAreNotThereAreTold() {
    fails(Kind.NOT_FOUND, () -> Op.find("aten::no_such_operator", ""), "aten::no_such_operator");
    fails(Kind.NOT_FOUND, () -> Op.find("aten::topk", "no_such_overload"), "no_such_overload");
  }
}
