package dev.simclr.data;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder of JPEG and PNG files, at any depth.
 *
 * <p><b>Splits.</b> If sub folders are named for the splits, those are used. Otherwise, if the root
 * has a folder {@code train} and nothing beside it but {@code test} or {@code val}, these are the
 * splits ({@code test} wins over {@code val}); a root with other folders too, of which {@code
 * train} may be the class of trains, is one set of training images without a test split.
 *
 * <p><b>Classes.</b> The first folder level below the split is the class. Class numbers follow the
 * sorted names of the classes of all splits, so that both splits number alike. If an image lies at
 * the top level of a split, that split has no labels.
 *
 * <p><b>Files.</b> Files ending in .jpg, .jpeg or .png, in any case, are images; others are
 * ignored. Names that begin with a dot are ignored. Symbolic links are followed. The order is that
 * of the paths' bytes.
 */
public final class ImageFolderSource implements DataSource {
  private static final System.Logger LOG = System.getLogger(ImageFolderSource.class.getName());
  private static final String TRAIN = "train";
  private static final List<String> TEST = List.of("test", "val");

  private final Path root;
  private final Optional<String> train;
  private final Optional<String> test;

  private ImageFolderSource(Path root, Optional<String> train, Optional<String> test) {
    this.root = Objects.requireNonNull(root, "root");
    this.train = Objects.requireNonNull(train, "train");
    this.test = Objects.requireNonNull(test, "test");
  }

  /** The images under {@code root}, with splits as the sub folders suggest. */
  public static ImageFolderSource of(Path root) {
    return new ImageFolderSource(root, Optional.empty(), Optional.empty());
  }

  /**
   * The images under {@code root} with sub folders named for the splits. With only {@code test}
   * named, a folder {@code train} is looked for and else the root is taken; with only {@code train}
   * named, {@code test} or {@code val} is looked for.
   *
   * @param train path of the training images relative to {@code root}
   * @param test path of the test images relative to {@code root}
   */
  public static ImageFolderSource of(Path root, Optional<String> train, Optional<String> test) {
    return new ImageFolderSource(root, train, test);
  }

  @Override
  public String id() {
    return "folder";
  }

  @Override
  public String location(Split split) {
    return folder(split).toString();
  }

  @Override
  public boolean has(Split split) {
    return find(SourceFiles.directory(root), split).isPresent();
  }

  @Override
  public ImageList list(Split split) {
    Path folder = folder(split);
    ImageFolderScan scan = ImageFolderScan.of(folder);
    if (scan.files().isEmpty()) {
      throw new DataException("no JPEG or PNG images under " + folder);
    }
    if (scan.ignored() > 0) {
      LOG.log(
          Level.INFO,
          "ignored {0,choice,1#1 file|1<{0} files} under {1}, not .jpg, .jpeg or .png",
          scan.ignored(),
          folder);
    }
    if (scan.flat()) {
      LOG.log(
          Level.INFO,
          "{0} has images at its top level: the {1} images have no labels",
          folder,
          split.id());
      return images(folder, scan, List.of());
    }
    return images(folder, scan, classNames(split, scan));
  }

  private static ImageList images(Path folder, ImageFolderScan scan, List<String> classNames) {
    return new FileImages(
        folder,
        scan.files().stream()
            .map(entry ->
                new FileImages.ImageFile(
                    entry.path(),
                    entry.attributes(),
                    classNames.isEmpty() ? Optional.empty() : Optional.of(entry.className())))
            .toList(),
        classNames);
  }

  private List<String> classNames(Split split, ImageFolderScan scan) {
    Set<String> names = new TreeSet<>(scan.classes());
    Path directory = SourceFiles.directory(root);
    for (Split other : Split.values()) {
      Optional<Path> folder = other == split ? Optional.empty() : find(directory, other);
      // A folder that is missing or has no labels adds no class.
      if (folder.isPresent() && Files.isDirectory(folder.get())) {
        names.addAll(ImageFolderScan.classesOf(folder.get(), names));
      }
    }
    return List.copyOf(names);
  }

  private Path folder(Split split) {
    Path directory = SourceFiles.directory(root);
    Path folder =
        find(directory, split)
            .orElseThrow(
                () -> new DataException("no " + split.id() + " images under " + directory));
    return SourceFiles.directory(folder);
  }

  private Optional<Path> find(Path directory, Split split) {
    if (split == Split.TRAIN) {
      if (train.isPresent()) {
        return train.map(directory::resolve);
      }
      Path usual = directory.resolve(TRAIN);
      boolean divided = test.isPresent() ? Files.isDirectory(usual) : hasSplitFolders(directory);
      return Optional.of(divided ? usual : directory);
    }
    if (test.isPresent()) {
      return test.map(directory::resolve);
    }
    if (train.isEmpty() && !hasSplitFolders(directory)) {
      return Optional.empty();
    }
    return TEST.stream().map(directory::resolve).filter(Files::isDirectory).findFirst();
  }

  private static boolean hasSplitFolders(Path directory) {
    List<String> folders = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!name.startsWith(".") && Files.isDirectory(entry)) {
          folders.add(name);
        }
      }
    } catch (IOException e) {
      throw SourceFiles.unreadable(directory, e);
    }
    return folders.remove(TRAIN) && TEST.containsAll(folders);
  }
}
