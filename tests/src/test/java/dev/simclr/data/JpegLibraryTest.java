package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where libjpeg-turbo cannot be used, ImageIO is, and says why; each in a JVM of its own. */
@Timeout(300)
class JpegLibraryTest {
  private static final String IMAGE_IO = "ImageIO of Java " + Runtime.version().feature();

  @TempDir private Path dir;

  /** Prints which decoder there is and that it decodes. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try {
        System.out.println(JpegDecoders.describe());
        System.out.println(RgbImage.read(Path.of(arguments[0])));
      } catch (IllegalArgumentException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  @Test
  void aBuildWithoutTheLibraryUsesImageIo() throws Exception {
    List<String> lines = lines(without());
    assertEquals(
        IMAGE_IO + "; this build has no libsimclr_jpeg.so, for lack of libjpeg-turbo's headers",
        lines.getFirst());
    assertDecoded(lines);
  }

  @Test
  void aLibraryThatCannotBeLoadedIsNamed() throws Exception {
    Path broken = Files.writeString(dir.resolve("libsimclr_jpeg.so"), "no ELF file");
    // The JVM itself warns of such a file on the standard error.
    List<String> lines = run(without()).out().lines().toList();
    assertTrue(
        lines
            .getFirst()
            .startsWith(IMAGE_IO + "; cannot load libsimclr_jpeg.so: " + broken.toRealPath()),
        lines.getFirst());
    assertDecoded(lines);
  }

  @Test
  void aWishForWhatThereIsNotIsRefused() throws Exception {
    assertEquals(
        List.of(
            "refused: -Dsimclr.jpeg is libjpeg-turbo, but this build has no libsimclr_jpeg.so, for"
                + " lack of libjpeg-turbo's headers"),
        lines(without().option("-Dsimclr.jpeg=libjpeg-turbo")));
    assertEquals(
        List.of("refused: -Dsimclr.jpeg is x; allowed: libjpeg-turbo, imageio"),
        lines(new ChildJvm().option("-Dsimclr.jpeg=x")));
  }

  @Test
  void imageIoCanBeAskedFor() throws Exception {
    List<String> lines = lines(new ChildJvm().option("-Dsimclr.jpeg=imageio"));
    assertEquals(IMAGE_IO + ", as -Dsimclr.jpeg asks", lines.getFirst());
    assertDecoded(lines);
  }

  @Test
  void aJvmThatDeniesNativeAccessUsesImageIo() throws Exception {
    List<String> lines = lines(new ChildJvm().withoutNativeAccess());
    assertTrue(
        lines.getFirst().startsWith(IMAGE_IO + "; this JVM denies native access: start it with"),
        lines.getFirst());
    assertDecoded(lines);
  }

  private ChildJvm without() {
    return new ChildJvm().option("-Dsimclr.native=" + dir.resolve("libsimclr_torch.so"));
  }

  private static void assertDecoded(List<String> lines) {
    assertEquals("RgbImage[height=19, width=27]", lines.getLast());
  }

  private static List<String> lines(ChildJvm child) throws IOException, InterruptedException {
    ChildJvm.Result result = run(child);
    assertEquals("", result.err());
    return result.out().lines().toList();
  }

  private static ChildJvm.Result run(ChildJvm child) throws IOException, InterruptedException {
    ChildJvm.Result result =
        child.run(
            Child.class.getName(),
            RgbImageTest.FIXTURES.resolve("jpeg_420.jpg").toAbsolutePath().toString());
    assertEquals(0, result.status(), result.toString());
    return result;
  }
}
