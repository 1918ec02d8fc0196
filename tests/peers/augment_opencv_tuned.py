"""SimCLR's views by OpenCV, with the fastest operation found for each step.

Against augment_opencv: vectorised arithmetic instead of look-up tables, one matrix for the
saturation, and hue in steps of 1/256 turn, where bytes wrap around by themselves.
"""

import augment_opencv
import cv2
import numpy as np
from augment_opencv import decode, one_thread, versions  # what a peer is asked for

GRAY = np.array([[0.299, 0.587, 0.114]] * 3)


class Pipeline(augment_opencv.Pipeline):
    """Draws and computes views of one size."""

    def brightness(self, factor):
        cv2.convertScaleAbs(self.a, dst=self.a, alpha=factor)

    def contrast(self, factor):
        mean = cv2.mean(cv2.cvtColor(self.a, cv2.COLOR_RGB2GRAY, dst=self.gray))[0]
        cv2.addWeighted(self.a, factor, self.a, 0, mean * (1 - factor), dst=self.a)

    def saturation(self, factor):
        matrix = GRAY * (1 - factor)
        matrix[0, 0] += factor
        matrix[1, 1] += factor
        matrix[2, 2] += factor
        cv2.transform(self.a, matrix, dst=self.b)
        self.a, self.b = self.b, self.a

    def hue(self, shift):
        cv2.cvtColor(self.a, cv2.COLOR_RGB2HSV_FULL, dst=self.b)
        hues = self.b[..., 0]
        np.add(hues, np.uint8(round(256 * shift) & 255), out=hues)
        cv2.cvtColor(self.b, cv2.COLOR_HSV2RGB_FULL, dst=self.a)


class Run(augment_opencv.Run):
    pipelines = Pipeline


def apply(work, data, params):
    """One view with given parameters, float32 [S, S, 3]."""
    return augment_opencv.apply(work, data, params, Pipeline)
