/** The simclr command line. */
module dev.simclr.cli {
  requires com.google.protobuf;
  requires dev.simclr;
  requires info.picocli;
  requires java.desktop;
  requires java.logging;
  requires jdk.unsupported; // sun.misc.Signal, the only way to stop on a signal without a shutdown
  requires xchart;
  requires org.snakeyaml.engine;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.csv;
  requires tools.jackson.dataformat.yaml;

  opens dev.simclr.cli to
      info.picocli;
}
