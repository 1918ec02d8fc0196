package dev.simclr.cli;

import dev.simclr.train.FineTuneConfig;
import dev.simclr.train.FineTuneResult;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a classifier was trained, for the JSON object. */
final class FineTuneFacts {
  private FineTuneFacts() {}

  static Map<String, Object> of(FineTuneConfig config, FineTuneResult result) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("epochs", config.epochs());
    facts.put("batch", config.batch());
    facts.put("steps", result.steps());
    facts.put("optimizer", config.optim().name().toString());
    facts.put("peak_learning_rate", config.optim().peakLr(config.batch()));
    facts.put("weight_decay", config.optim().weightDecay());
    facts.put("from_block", config.fromBlock());
    facts.put("trained_parameters", result.trained());
    facts.put("seed", config.seed());
    facts.put("train_loss", result.loss());
    facts.put("train_top1", result.accuracy());
    return facts;
  }
}
