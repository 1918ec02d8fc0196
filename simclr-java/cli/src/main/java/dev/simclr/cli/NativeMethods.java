package dev.simclr.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/**
 * Native methods of the JDK that the program calls while libtorch is being loaded. The JVM looks
 * for one on its first call, and the dynamic loader answers nobody before a library that it loads
 * has run its initializers, which for libtorch takes a third of a second. So they are called
 * before.
 */
final class NativeMethods {
  private static final String EMPTY_FILE = "/dev/null";
  private static final String NO_RESOURCE = "META-INF/none";

  private NativeMethods() {}

  /** Calls each once, for nothing but that. */
  static void link() {
    // Annotations, which picocli reads: their constants, and modules for the proxies they become.
    Main.class.getAnnotation(Command.class);
    Array.getLength(new int[0]);
    // Recipes and settings.
    try (FileInputStream file = new FileInputStream(EMPTY_FILE)) {
      file.available();
      file.read(new byte[1]);
    } catch (IOException e) {
      // Nothing was wanted from the file; the methods are found later, which takes longer.
    }
    // Whether help may have colours.
    System.console();
    // Services, which are looked for in the JDK's own image of classes too.
    ClassLoader.getSystemResource(NO_RESOURCE);
    // What the run folder is.
    Files.exists(Path.of(EMPTY_FILE), LinkOption.NOFOLLOW_LINKS);
  }
}
