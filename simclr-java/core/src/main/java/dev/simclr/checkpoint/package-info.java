/** Saved weights and runs: safetensors files, and checkpoints that are complete or absent. */
package dev.simclr.checkpoint;
