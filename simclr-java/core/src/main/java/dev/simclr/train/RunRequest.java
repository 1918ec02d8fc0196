package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.Progress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** What was asked of {@link Pretrainer}; its setters say what each part means. */
record RunRequest(
    PretrainConfig config,
    Path folder,
    RunFolder.Mode mode,
    Optional<Path> initFrom,
    Optional<UserEncoder> encoder,
    Optional<ImageDataset> trainImages,
    Optional<ImageDataset> testImages,
    ProgressListener listener,
    Progress packing,
    StopToken stop,
    Consumer<Path> onFolder) {}
