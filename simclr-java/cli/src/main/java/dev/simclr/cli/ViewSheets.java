package dev.simclr.cli;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewFormat;
import dev.simclr.augment.ViewKey;
import dev.simclr.data.ImageDataset;
import dev.simclr.random.SampleOrder;
import dev.simclr.train.Augmentation;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.PretrainConfig;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Draws images of a data set, each with its views of the first epoch beside it. */
final class ViewSheets {
  private ViewSheets() {}

  /** Hears what was drawn for each view, counted from 0. */
  interface Drawn {
    void view(String image, int view, AugmentParams params);
  }

  /**
   * Draws a sheet.
   *
   * @param count rows, of which there are no more than images
   * @param drawn hears about each view
   */
  static ViewSheet draw(PretrainConfig config, ImageDataset images, int count, Drawn drawn) {
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    ViewFormat format = EncoderConfig.of(config).format().withoutNormalization();
    Augmenter augmenter = new Augmenter(format);
    float[] views = new float[samplers.size() * format.values()];
    int rows = Math.min(count, images.size());
    long seed = config.train().seed();
    SampleOrder order = SampleOrder.of(seed, images.size());
    ViewSheet sheet = new ViewSheet(rows, 1 + samplers.size(), format.size());
    for (int row = 0; row < rows; row++) {
      int index = order.at(0, row);
      MemorySegment image = images.image(index);
      int height = images.height(index);
      int width = images.width(index);
      for (int view = 0; view < samplers.size(); view++) {
        ViewKey key = new ViewKey(seed, 0, row / config.train().batch(), index, view);
        AugmentParams params = samplers.get(view).sample(key, height, width);
        drawn.view(images.name(index), view, params);
        augmenter.add(image, height, width, params, view);
      }
      augmenter.run(MemorySegment.ofArray(views));
      sheet.put(row, 0, bytes(image, height, width));
      for (int view = 0; view < samplers.size(); view++) {
        sheet.put(row, 1 + view, floats(views, view * format.values(), format.size()));
      }
    }
    return sheet;
  }

  private static BufferedImage bytes(MemorySegment image, int height, int width) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        long at = 3 * ((long) y * width + x);
        picture.setRGB(
            x,
            y,
            rgb(
                image.get(JAVA_BYTE, at) & 0xFF,
                image.get(JAVA_BYTE, at + 1) & 0xFF,
                image.get(JAVA_BYTE, at + 2) & 0xFF));
      }
    }
    return picture;
  }

  private static BufferedImage floats(float[] views, int first, int size) {
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int at = first + 3 * (y * size + x);
        picture.setRGB(x, y, rgb(level(views[at]), level(views[at + 1]), level(views[at + 2])));
      }
    }
    return picture;
  }

  private static int level(float value) {
    return Math.clamp(Math.round(255 * value), 0, 255);
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }
}
