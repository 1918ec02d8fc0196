package dev.simclr.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads YAML into a tree, strictly: one document, a mapping at the top, no duplicate keys, no
 * anchors, aliases or tags (Jackson's tree would silently read an alias as a string).
 */
final class YamlTree {
  private static final long MAX_BYTES = 1 << 20;
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private YamlTree() {}

  /** Reads a file of at most 1 MiB. */
  static ObjectNode read(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new ConfigException(file + " is a folder, not a configuration file");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new ConfigException(file + " is larger than 1 MiB, not a configuration file");
      }
      return parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new ConfigException("configuration file " + file + " does not exist", e);
    } catch (IOException e) {
      throw new ConfigException("cannot read configuration file " + file + ": " + e, e);
    }
  }

  /** Parses a document; {@code origin} names it in messages. */
  static ObjectNode parse(String text, String origin) {
    refuseIndirections(text, origin);
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node == null || node.isNull() || node.isMissingNode()) {
        return MAPPER.createObjectNode();
      }
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new ConfigException(origin + ": expected keys and values, found a single value");
    } catch (JacksonException e) {
      throw new ConfigException(origin + ": " + firstLine(e.getOriginalMessage()), e);
    }
  }

  /** Parses the value of an override as YAML would read it: number, true/false, list or text. */
  static JsonNode parseValue(String text, String origin) {
    refuseIndirections(text, origin);
    try {
      return MAPPER.readTree(text.isBlank() ? "\"\"" : text);
    } catch (JacksonException e) {
      throw new ConfigException(origin + ": " + firstLine(e.getOriginalMessage()), e);
    }
  }

  private static void refuseIndirections(String text, String origin) {
    int documents = 0;
    try {
      LoadSettings settings = LoadSettings.builder().build();
      ParserImpl events = new ParserImpl(settings, new StreamReader(settings, text));
      while (events.hasNext()) {
        Event event = events.next();
        String what = null;
        if (event instanceof AliasEvent) {
          what = "aliases (*name)";
        } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
          what = "anchors (&name)";
        } else if (event instanceof ScalarEvent scalar && scalar.getTag().isPresent()) {
          what = "tags (!name)";
        } else if (event instanceof CollectionStartEvent start && start.getTag().isPresent()) {
          what = "tags (!name)";
        } else if (event.getEventId() == Event.ID.DocumentStart && ++documents > 1) {
          what = "more than one document";
        }
        if (what != null) {
          int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
          throw new ConfigException(origin + ", line " + line + ": " + what + " are not supported");
        }
      }
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new ConfigException(
          origin + ", line " + line + ": not valid YAML: " + firstLine(e.getProblem()), e);
    } catch (YamlEngineException e) {
      throw new ConfigException(origin + ": not valid YAML: " + firstLine(e.getMessage()), e);
    }
  }

  private static String firstLine(String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }
}
