package dev.simclr.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of the command line; {@code simclr doctor} has those of everything underneath. */
final class VersionReport implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"simclr " + version()};
  }

  /** The version of the module, which only exists on the module path. */
  static String version() {
    return Optional.ofNullable(VersionReport.class.getModule().getDescriptor())
        .flatMap(java.lang.module.ModuleDescriptor::rawVersion)
        .orElse("unknown, started from the class path");
  }
}
