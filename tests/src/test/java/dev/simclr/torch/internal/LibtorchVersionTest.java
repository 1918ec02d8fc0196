package dev.simclr.torch.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibtorchVersionTest {

  @TempDir private Path home;

  private void write(String name, String content) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @Test
  void aWheelHasVersionPy() throws IOException {
    write(
        "version.py",
        "from typing import Optional\n\n__all__ = ['__version__']\n__version__ = '2.13.0+cpu'\n");
    assertEquals(Optional.of("2.13.0+cpu"), LibtorchVersion.read(home));
  }

  @Test
  void theZipHasBuildVersion() throws IOException {
    write("build-version", "2.12.1+cu130\n");
    assertEquals(Optional.of("2.12.1+cu130"), LibtorchVersion.read(home));
  }

  @Test
  void headersHaveAMacro() throws IOException {
    write(
        "include/torch/headeronly/version.h",
        "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  \"2.14.1\"\n");
    assertEquals(Optional.of("2.14.1"), LibtorchVersion.read(home));
  }

  @Test
  void otherwiseItIsUnknown() throws IOException {
    write("version.py", "nothing here");
    assertEquals(Optional.empty(), LibtorchVersion.read(home));
  }

  @Test
  void releasesAreComparedWithoutTheirFlavour() {
    assertTrue(LibtorchVersion.sameRelease("2.13.0+cpu", "2.13.0"));
    assertTrue(LibtorchVersion.sameRelease("2.13.0+cpu", "2.13.0+cu130"));
    assertFalse(LibtorchVersion.sameRelease("2.13.0", "2.13.1"));
    assertFalse(LibtorchVersion.sameRelease("2.13.0", "2.1.3"));
  }
}
