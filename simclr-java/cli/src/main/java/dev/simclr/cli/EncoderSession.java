package dev.simclr.cli;

import dev.simclr.embed.Encoder;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.torch.Torch;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.TrainConfig;

/** An encoder as the command line uses it: loaded as the configuration says, and described. */
final class EncoderSession implements AutoCloseable {
  private final EncoderArguments.Resolved resolved;
  private final Encoder encoder;

  /** Loads the encoder, and sets the calling thread up like the one that computes. */
  EncoderSession(EncoderArguments.Resolved resolved) {
    this.resolved = resolved;
    TrainConfig train = resolved.config().train();
    Torch.setDeterministic(train.deterministic());
    Torch.setNumThreads(
        train.threads() == 0 ? Runtime.getRuntime().availableProcessors() : train.threads());
    this.encoder =
        Encoder.load(
            resolved.place(),
            EncoderOptions.builder()
                .device(train.device())
                .threads(train.threads())
                .loaderThreads(train.loaderThreads())
                // Then the features are those of the evaluations during training, bit by bit.
                .batch(resolved.config().eval().batch())
                .config(resolved.encoder())
                .build());
  }

  Encoder encoder() {
    return encoder;
  }

  PretrainConfig config() {
    return resolved.config();
  }

  /** Prints which encoder it is. */
  void describe(Console console) {
    EncoderConfig config = encoder.config();
    console.fact("encoder", resolved.place().toString());
    console.fact(
        "",
        config.model().encoder()
            + " of width "
            + config.model().width()
            + ", views of "
            + encoder.imageSize()
            + " pixels, "
            + encoder.featureDim()
            + " features, on "
            + encoder.device());
  }

  @Override
  public void close() {
    encoder.close();
  }
}
