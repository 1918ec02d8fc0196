package dev.simclr.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/** A picture with cells of one size in rows and columns; small images are enlarged. */
final class ViewSheet {
  private static final int SMALLEST_CELL = 96;
  private static final int GAP = 4;

  private final int cell;
  private final BufferedImage picture;

  /**
   * Makes an empty sheet.
   *
   * @param rows number of rows
   * @param columns number of columns
   * @param size rows and columns of the images that should be shown pixel by pixel
   */
  ViewSheet(int rows, int columns, int size) {
    this.cell = size * Math.max(1, Math.ceilDiv(SMALLEST_CELL, size));
    this.picture =
        new BufferedImage(
            GAP + columns * (cell + GAP), GAP + rows * (cell + GAP), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
    graphics.dispose();
  }

  /** Puts an image into a cell, as large as fits. */
  void put(int row, int column, BufferedImage image) {
    double scale = (double) cell / Math.max(image.getWidth(), image.getHeight());
    int width = Math.max(1, (int) Math.round(image.getWidth() * scale));
    int height = Math.max(1, (int) Math.round(image.getHeight() * scale));
    int x = GAP + column * (cell + GAP) + (cell - width) / 2;
    int y = GAP + row * (cell + GAP) + (cell - height) / 2;
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    if (scale < 1) {
      Image smaller = image.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING);
      graphics.drawImage(smaller, x, y, null);
    } else {
      graphics.drawImage(image, x, y, width, height, null);
    }
    graphics.dispose();
  }

  int height() {
    return picture.getHeight();
  }

  int width() {
    return picture.getWidth();
  }

  /** Returns the picture as a PNG file. */
  byte[] png() {
    return Png.encode(picture);
  }
}
