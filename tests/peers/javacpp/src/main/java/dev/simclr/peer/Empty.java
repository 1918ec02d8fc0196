package dev.simclr.peer;

import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * A native method that returns a constant, in the way that JavaCPP declares its methods: static.
 */
final class Empty {
  static {
    try {
      Path classes =
          Path.of(Empty.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      System.load(classes.resolveSibling("libempty.so").toString());
    } catch (URISyntaxException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Empty() {}

  static native int call();
}
