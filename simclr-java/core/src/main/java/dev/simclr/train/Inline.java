package dev.simclr.train;

/**
 * A part of a configuration section without a level of its own in the YAML form: its keys are keys
 * of the section.
 */
public sealed interface Inline
    permits ViewSettings,
        CropSettings,
        ColorSettings,
        BlurSettings,
        SolarizeSettings,
        CutoutSettings,
        NoiseSettings {}
