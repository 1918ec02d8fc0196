/** Files that are never half written. */
package dev.simclr.io;
