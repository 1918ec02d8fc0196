package dev.simclr.benchmark;

import dev.simclr.cli.Settings;
import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the augmentation benchmarks, and their peers, do: views of images of one kind. */
public enum Workload {
  /** 32x32 to 32x32 without blur, as CIFAR-10. */
  PIXELS_32(
      "pixels-32",
      ImageFolder.PNG_32,
      "data.image_size=32",
      "augment.color_strength=0.5",
      "augment.blur=0",
      "augment.views=2",
      "train.batch=256"),
  /** 256x256 to 224x224, each second view blurred. */
  PIXELS_224(
      "pixels-224",
      ImageFolder.PNG_256,
      "data.image_size=224",
      "augment.color_strength=1.0",
      "augment.blur=0.5",
      "augment.views=2",
      "train.batch=64"),
  /** JPEG files of 500x375 pixels to one view of 224x224 each, decoding included. */
  JPEG_ONE_VIEW(
      "jpeg-1-view",
      ImageFolder.JPEG_500X375,
      "data.image_size=224",
      "data.pack=jpeg",
      "augment.color_strength=1.0",
      "augment.blur=0.5",
      "augment.views=1",
      "train.batch=64"),
  /** JPEG files of 500x375 pixels to two views of 224x224 each, decoding included. */
  JPEG_TWO_VIEWS(
      "jpeg-2-views",
      ImageFolder.JPEG_500X375,
      "data.image_size=224",
      "data.pack=jpeg",
      "augment.color_strength=1.0",
      "augment.blur=0.5",
      "augment.views=2",
      "train.batch=64");

  private final String id;
  private final ImageFolder images;
  private final List<String> settings;

  Workload(String id, ImageFolder images, String... settings) {
    this.id = id;
    this.images = images;
    this.settings = List.of(settings);
  }

  /** The name on the command line. */
  public String id() {
    return id;
  }

  /** The images that it takes. */
  public ImageFolder images() {
    return images;
  }

  /**
   * Finds a workload.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Workload of(String id) {
    return Arrays.stream(values())
        .filter(w -> w.id.equals(id))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "workload is "
                    + id
                    + "; allowed: "
                    + String.join(", ", Arrays.stream(values()).map(Workload::id).toList())));
  }

  /**
   * The configuration of a training run with such views.
   *
   * @param data the folder of all benchmark data, see {@link PrepareData}
   */
  public PretrainConfig config(Path data) {
    List<String> all = new ArrayList<>(settings);
    all.add("data.source=folder");
    all.add("data.root=" + images.folder(data));
    all.add("data.cache=" + data.resolve("packs"));
    return Settings.resolve(all);
  }
}
