package dev.simclr.torch.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.torch.Torch;
import dev.simclr.torch.internal.ffm.Sct;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Native types that are linked before the library is there. */
class PreloadTypesTest {

  @Test
  void areThoseOfTheBindings() throws ReflectiveOperationException {
    Torch.preload();
    NativeLibrary.load();
    Set<Object> types = new HashSet<>();
    for (Preload.Function function : Preload.FUNCTIONS) {
      Object declared = Sct.class.getMethod("sct_" + function.name() + "$descriptor").invoke(null);
      assertEquals(declared, function.descriptor(), function.name());
      types.add(function.descriptor());
    }
    assertEquals(Preload.FUNCTIONS.size(), types.size(), "a type is there twice");
  }

  @Test
  void aLetterThatIsNoneIsRefused() {
    Preload.Function function = new Preload.Function("none", "IX", () -> null);
    assertThrows(IllegalArgumentException.class, function::descriptor);
  }
}
