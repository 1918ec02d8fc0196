package dev.simclr.torch.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;

/**
 * Copies of resources in the user cache, for what can open files only. The folder of each is named
 * by its content, so that a program that runs keeps its library when another is built.
 */
final class CachedCopy {
  /**
   * What tells contents apart. A cryptographic digest takes a tenth of a second before anything is
   * compiled, a checksum no time.
   */
  private record Identity(long crc, long length) {

    static Identity of(JarEntry entry) {
      return new Identity(entry.getCrc(), entry.getSize());
    }

    static Identity of(byte[] content) {
      CRC32 checksum = new CRC32();
      checksum.update(content);
      return new Identity(checksum.getValue(), content.length);
    }

    @Override
    public String toString() {
      return HexFormat.of().toHexDigits((int) crc) + "-" + length;
    }
  }

  private CachedCopy() {}

  /** Returns the copy of a resource, which is written unless it is there. */
  static Path of(URL resource, String name, SearchTrace trace) throws IOException {
    URLConnection connection = resource.openConnection();
    // A jar knows this of what it holds; to read and inflate that takes another tenth of a second.
    Identity identity =
        connection instanceof JarURLConnection jar
            ? identity(jar)
            : Identity.of(content(connection));
    Path copy = userCache().resolve("native").resolve(identity.toString()).resolve(name);
    trace.add("copy in the user cache: " + copy);
    // Files come there whole: one of this length was the one that its folder is named for.
    if (!Files.isRegularFile(copy) || Files.size(copy) != identity.length()) {
      byte[] content = content(resource.openConnection());
      try {
        write(content, copy);
      } catch (IOException e) {
        throw trace.failure(
            "cannot write "
                + copy
                + ": "
                + e
                + "; set XDG_CACHE_HOME to a writable directory, or unpack the library yourself"
                + " and name it with -D"
                + ShimFiles.OVERRIDE
                + "=FILE",
            e);
      }
    }
    return copy;
  }

  private static Identity identity(JarURLConnection jar) throws IOException {
    Identity identity = Identity.of(jar.getJarEntry());
    if (!jar.getUseCaches()) {
      jar.getJarFile().close();
    }
    return identity;
  }

  private static byte[] content(URLConnection connection) throws IOException {
    try (InputStream in = connection.getInputStream()) {
      return in.readAllBytes();
    }
  }

  /** Writes the file. Readers never see a part of it. */
  private static void write(byte[] content, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Path partial = Files.createTempFile(target.getParent(), target.getFileName() + ".", ".part");
    try {
      Files.write(partial, content);
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** {@code $XDG_CACHE_HOME/simclr}, where packed images and the libtorch of the build are too. */
  private static Path userCache() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg != null && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("simclr");
  }
}
