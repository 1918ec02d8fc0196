package dev.simclr.architecture;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What one compiled class mentions.
 *
 * @param name with slashes
 * @param types every class in its code, its signatures and its annotations, with slashes
 * @param members every method and field of another class, as {@code owner.name}
 */
record ClassFacts(String name, Set<String> types, Set<String> members) {
  private static final Pattern IN_SIGNATURE = Pattern.compile("L([\\w/$]+)[;<]");

  String packageName() {
    return packageOf(name);
  }

  static String packageOf(String type) {
    return type.substring(0, type.lastIndexOf('/')).replace('/', '.');
  }

  static ClassFacts of(byte[] classFile) {
    ClassModel model = ClassFile.of().parse(classFile);
    Set<String> types = new TreeSet<>();
    Set<String> members = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      switch (entry) {
        case ClassEntry type -> addType(type, types);
        case MemberRefEntry member -> {
          addType(member.owner(), types);
          members.add(
              member.owner().asInternalName() + "." + member.nameAndType().name().stringValue());
        }
        // Descriptors, generic signatures and annotation types are plain text in the pool.
        case Utf8Entry text ->
            IN_SIGNATURE
                .matcher(text.stringValue())
                .results()
                .forEach(match -> types.add(match.group(1)));
        default -> {
          // Numbers, names and handles, whose parts are entries of their own.
        }
      }
    }
    return new ClassFacts(model.thisClass().asInternalName(), types, members);
  }

  private static void addType(ClassEntry entry, Set<String> types) {
    String name = entry.asInternalName();
    if (name.startsWith("[")) {
      IN_SIGNATURE.matcher(name).results().forEach(match -> types.add(match.group(1)));
    } else {
      types.add(name);
    }
  }

  /** Returns the classes of the jar or directory that {@code member} comes from. */
  static List<ClassFacts> besides(Class<?> member) throws IOException {
    URI location =
        URI.create(member.getProtectionDomain().getCodeSource().getLocation().toString());
    Path path = Path.of(location);
    if (Files.isDirectory(path)) {
      return below(path);
    }
    try (FileSystem jar = FileSystems.newFileSystem(path)) {
      return below(jar.getPath("/"));
    }
  }

  private static List<ClassFacts> below(Path root) throws IOException {
    List<ClassFacts> found = new ArrayList<>();
    for (byte[] classFile : classFiles(root)) {
      found.add(of(classFile));
    }
    return found;
  }

  private static List<byte[]> classFiles(Path root) throws IOException {
    List<byte[]> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString();
        if (name.endsWith(".class") && !name.equals("module-info.class")) {
          found.add(Files.readAllBytes(file));
        }
      }
    }
    return found;
  }

  /** Returns the restricted methods of java.base, as {@code owner.name}. */
  static Set<String> restrictedMethods() throws IOException {
    Set<String> found = new TreeSet<>();
    Path lang =
        FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base/java/lang");
    for (byte[] classFile : classFiles(lang)) {
      ClassModel model = ClassFile.of().parse(classFile);
      model.methods().stream()
          .filter(method ->
              method
                  .findAttribute(java.lang.classfile.Attributes.runtimeVisibleAnnotations())
                  .map(RuntimeVisibleAnnotationsAttribute::annotations)
                  .orElse(List.of())
                  .stream()
                  .anyMatch(a -> a.className().equalsString("Ljdk/internal/javac/Restricted;")))
          .forEach(method ->
              found.add(
                  model.thisClass().asInternalName() + "." + method.methodName().stringValue()));
    }
    return found;
  }
}
