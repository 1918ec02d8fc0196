package dev.simclr.data;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Images in files of their own. */
final class FileImages implements ImageList {
  /**
   * One of them.
   *
   * @param path relative to a common folder, or absolute
   * @param attributes what the directory says about it
   * @param className its class, if it has one
   */
  record ImageFile(Path path, BasicFileAttributes attributes, Optional<String> className) {}

  private final Path folder;
  private final List<ImageFile> files;
  private final List<String> classNames;
  private final Map<String, Integer> labels = new HashMap<>();
  private final String version;

  FileImages(Path folder, List<ImageFile> files, List<String> classNames) {
    this.folder = folder;
    this.files = files;
    this.classNames = classNames;
    for (int label = 0; label < classNames.size(); label++) {
      labels.put(classNames.get(label), label);
    }
    Sha256 digest = new Sha256().add(folder.toString()).add(classNames.size());
    classNames.forEach(digest::add);
    for (int i = 0; i < files.size(); i++) {
      ImageFile file = files.get(i);
      SourceFiles.addStamp(digest, file.path().toString(), file.attributes());
      digest.add(label(i));
    }
    this.version = digest.finishHex();
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public String name(int index) {
    return files.get(index).path().toString();
  }

  @Override
  public String describe(int index) {
    return path(index).toString();
  }

  @Override
  public int label(int index) {
    return files.get(index).className().map(labels::get).orElse(ImageDataset.UNLABELLED);
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public RgbImage read(int index, DecodeLimits limits) throws BadImageException {
    return RgbImage.decode(file(index, limits), limits);
  }

  @Override
  public boolean hasFiles() {
    return true;
  }

  @Override
  public byte[] file(int index, DecodeLimits limits) throws BadImageException {
    return RgbImage.readFile(path(index), limits);
  }

  @Override
  public void close() {
    // Each file is only open while it is read.
  }

  private Path path(int index) {
    return folder.resolve(files.get(index).path());
  }
}
