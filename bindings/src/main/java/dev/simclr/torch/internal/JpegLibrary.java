package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Loads libsimclr_jpeg.so, once for the life of the JVM. Unlike the library for tensors it may be
 * absent, or unable to find libjpeg: then the reason is kept. It needs no libtorch.
 */
public final class JpegLibrary {

  private static final String FILE = "libsimclr_jpeg.so";

  /**
   * How loading went.
   *
   * @param version what decodes, such as "libjpeg-turbo 2.1.5"; empty if the library cannot be used
   * @param reason why it cannot be used, in one line; empty if it can
   * @param trace what was looked at and taken, one step a line
   */
  public record Outcome(Optional<String> version, String reason, String trace) {}

  private static final class Holder {
    static final Outcome OUTCOME = tryToLoad();
  }

  private JpegLibrary() {}

  /** Loads the library unless that was tried before, and returns how it went. */
  public static Outcome load() {
    return Holder.OUTCOME;
  }

  private static Outcome tryToLoad() {
    SearchTrace search = new SearchTrace();
    try {
      NativeLibrary.requireNativeAccess(search);
      Optional<Path> file = ShimFiles.findOptional(FILE, search);
      if (file.isEmpty()) {
        return absent(
            "this build has no " + FILE + ", for lack of libjpeg-turbo's headers", search);
      }
      search.add("load " + file.get());
      System.load(file.get().toString());
      if (SctJpeg.libraryAbiVersion() != SctJpeg.bindingsAbiVersion()) {
        return absent(
            file.get()
                + " has ABI version "
                + SctJpeg.libraryAbiVersion()
                + ", these bindings have "
                + SctJpeg.bindingsAbiVersion(),
            search);
      }
      return new Outcome(Optional.of(SctJpeg.version()), "", search.toString());
    } catch (UnsatisfiedLinkError | IOException e) {
      return absent("cannot load " + FILE + ": " + e.getMessage(), search);
    } catch (TorchException e) {
      return absent(e.getMessage().lines().findFirst().orElseThrow(), search);
    }
  }

  private static Outcome absent(String reason, SearchTrace search) {
    return new Outcome(Optional.empty(), reason, search.toString());
  }
}
