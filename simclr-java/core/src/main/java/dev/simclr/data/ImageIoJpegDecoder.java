package dev.simclr.data;

/** The JDK's own decoder, which is there everywhere. */
record ImageIoJpegDecoder() implements JpegDecoder {
  static final String ID = "imageio";

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String describe() {
    return "ImageIO of Java " + Runtime.version().feature();
  }

  @Override
  public RgbImage decode(JpegFile file) throws BadImageException {
    return ImageIoReader.JPEG.read(
        file.essential(),
        reader ->
            switch (file.coding()) {
              case GRAY, RGB, YCC -> RasterConverter.toRgb(reader.read(0));
              // ImageIO has no colour model for four components, but hands out the samples.
              case CMYK -> CmykConverter.fromCmyk(reader.readRaster(0, null));
              case YCCK -> CmykConverter.fromYcck(reader.readRaster(0, null));
            });
  }
}
