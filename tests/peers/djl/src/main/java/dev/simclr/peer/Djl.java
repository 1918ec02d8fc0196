package dev.simclr.peer;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Utils;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** DJL on one thread, with the libtorch of its jar and without the network. */
final class Djl {
  private Djl() {}

  /** Loads libtorch, which DJL unpacks beside the classes when it is first started. */
  static Engine start() throws URISyntaxException {
    Path classes = Path.of(Djl.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path unpacked = classes.resolveSibling("djl");
    System.setProperty("DJL_CACHE_DIR", unpacked.toString());
    // Where a library is missing DJL would download it, and it reports starts on EC2.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    // DJL prefers variables of the environment to these properties.
    if (!Utils.isOfflineMode()) {
      throw new IllegalStateException("DJL may use the network; unset DJL_OFFLINE");
    }
    Engine engine = Engine.getEngine("PyTorch");
    if (!Path.of(LibUtils.getLibtorchPath()).startsWith(unpacked)) {
      throw new IllegalStateException(
          "DJL took libtorch from "
              + LibUtils.getLibtorchPath()
              + " instead of its jar; unset PYTORCH_LIBRARY_PATH, DJL_CACHE_DIR and"
              + " ENGINE_CACHE_DIR");
    }
    return engine;
  }
}
