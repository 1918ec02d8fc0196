package dev.simclr.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The images of a folder, labelled by their first folder level if there are classes. */
final class FolderImages implements ImageList {
  private final Path folder;
  private final List<ImageFolderScan.Entry> files;
  private final List<String> classNames;
  private final Map<String, Integer> labels = new HashMap<>();
  private final String version;

  FolderImages(Path folder, List<ImageFolderScan.Entry> files, List<String> classNames) {
    this.folder = folder;
    this.files = files;
    this.classNames = classNames;
    for (int label = 0; label < classNames.size(); label++) {
      labels.put(classNames.get(label), label);
    }
    Sha256 digest = new Sha256().add(folder.toString()).add(classNames.size());
    classNames.forEach(digest::add);
    files.forEach(file -> SourceFiles.addStamp(digest, file.path().toString(), file.attributes()));
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
    return classNames.isEmpty()
        ? ImageDataset.UNLABELLED
        : labels.get(files.get(index).className());
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
