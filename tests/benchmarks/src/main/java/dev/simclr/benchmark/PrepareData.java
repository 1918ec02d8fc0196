package dev.simclr.benchmark;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.ViewOp;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.JpegDecoders;
import dev.simclr.torch.AugmentFormat;
import dev.simclr.torch.Device;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.torch.Torch;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ViewSettings;
import dev.simclr.train.WorkloadViews;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Prepares a folder for the benchmarks and their peers: images, and for each workload {@code
 * <workload>/workload.json}, which says what is to be done, {@code views.json}, what was drawn for
 * some views, and {@code views.bin}, these views as float32 [n, S, S, 3]. A peer that is given the
 * parameters must get the same views before it is timed. {@code device.json} describes the device
 * that is measured, or says why it is missing.
 */
public final class PrepareData {
  private static final int CHECKED_VIEWS = 48;
  private static final JsonMapper JSON = JsonMapper.shared();

  private PrepareData() {}

  /**
   * Prepares workloads.
   *
   * @param args folder, device, share of the images, then ids of workloads
   */
  public static void main(String[] args) throws IOException {
    Path data = Path.of(args[0]);
    double share = Double.parseDouble(args[2]);
    Files.createDirectories(data);
    writeJson(data.resolve("versions.json"), versions());
    writeJson(data.resolve("device.json"), device(Device.parse(args[1])));
    for (String id : List.of(args).subList(3, args.length)) {
      Workload workload = Workload.of(id);
      workload.images().write(data, share);
      Path folder = Files.createDirectories(data.resolve(id));
      writeJson(folder.resolve("workload.json"), description(workload, data));
      try (WorkloadViews views = new WorkloadViews(workload, data, false)) {
        writeJson(folder.resolve("views.json"), parameters(views));
        writeViews(folder.resolve("views.bin"), views);
      }
    }
  }

  private static ObjectNode versions() {
    return JSON.createObjectNode()
        .put("libtorch", Torch.version())
        .put("JPEG decoder", JpegDecoders.describe())
        .put("instructions", AugmentFormat.bestIsa().name().toLowerCase(Locale.ROOT));
  }

  /** The device, or why it is missing. */
  private static ObjectNode device(Device device) {
    Optional<String> missing = device.isCuda() ? BenchmarkDevice.missing() : Optional.empty();
    return missing.isPresent()
        ? JSON.createObjectNode().put("missing", missing.get())
        : JSON.createObjectNode().put("device", new BenchmarkDevice(device).describe());
  }

  private static void writeJson(Path file, Object node) throws IOException {
    Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node));
  }

  private static ObjectNode description(Workload workload, Path data) {
    PretrainConfig config = workload.config(data);
    ViewSettings view = config.augment().viewAt(0);
    ObjectNode node = JSON.createObjectNode();
    node.put("workload", workload.id());
    node.put("images", "../" + data.relativize(workload.images().folder(data)) + "/train");
    node.put("jpeg", workload.images().jpeg());
    node.put("size", config.data().imageSize());
    node.put("views", config.augment().views());
    node.put("batch", config.train().batch());
    node.put("crop_min", view.crop().cropMin());
    node.put("crop_max", view.crop().cropMax());
    node.put("ratio_min", view.crop().ratioMin());
    node.put("ratio_max", view.crop().ratioMax());
    node.put("flip", view.flip());
    node.put("color", view.jitter().color());
    double strength = view.jitter().colorStrength();
    node.put("brightness", strength * view.jitter().brightness());
    node.put("contrast", strength * view.jitter().contrast());
    node.put("saturation", strength * view.jitter().saturation());
    node.put("hue", strength * view.jitter().hue());
    node.put("gray", view.gray());
    node.put("blur", view.gaussianBlur().blur());
    node.put("blur_sigma_min", view.gaussianBlur().blurSigmaMin());
    node.put("blur_sigma_max", view.gaussianBlur().blurSigmaMax());
    node.put("blur_taps", 2 * (config.data().imageSize() / 10 / 2) + 1);
    return node;
  }

  private static ArrayNode parameters(WorkloadViews views) {
    ArrayNode array = JSON.createArrayNode();
    for (int view : checked(views)) {
      WorkloadViews.Drawn drawn = views.drawn(0, view);
      AugmentParams params = drawn.params();
      ObjectNode node = array.addObject();
      node.put("image", drawn.image());
      node.put("top", params.top());
      node.put("left", params.left());
      node.put("height", params.height());
      node.put("width", params.width());
      node.put("flip", params.flip());
      ArrayNode ops = node.putArray("ops");
      for (ViewOp op : params.ops()) {
        putOp(ops.addObject(), op);
      }
    }
    return array;
  }

  /** Views of the first batch, spread over it. */
  private static int[] checked(WorkloadViews views) {
    int count = Math.min(CHECKED_VIEWS, views.views());
    return IntStream.range(0, count).map(i -> i * views.views() / count).toArray();
  }

  private static void putOp(ObjectNode node, ViewOp op) {
    switch (op) {
      case ViewOp.Brightness(float factor) -> node.put("op", "brightness").put("value", factor);
      case ViewOp.Contrast(float factor) -> node.put("op", "contrast").put("value", factor);
      case ViewOp.Saturation(float factor) -> node.put("op", "saturation").put("value", factor);
      case ViewOp.Hue(float shift) -> node.put("op", "hue").put("value", shift);
      case ViewOp.Gray() -> node.put("op", "gray");
      case ViewOp.Blur(float sigma) -> node.put("op", "blur").put("value", sigma);
      default -> throw new IllegalStateException("the peers do not know " + op);
    }
  }

  private static void writeViews(Path file, WorkloadViews views) throws IOException {
    try (NativeBuffer batch = NativeBuffer.allocate(views.bytes());
        FileChannel out =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
      BatchLoader.RowFiller filler = views.filler();
      filler.fill(0, 0, views.rows(), batch.segment());
      long bytes = views.format().bytes();
      for (int view : checked(views)) {
        ByteBuffer rest = batch.segment().asSlice(view * bytes, bytes).asByteBuffer();
        while (rest.hasRemaining()) {
          out.write(rest);
        }
      }
    }
  }
}
