package dev.simclr.train;

/**
 * How the representation of fixed training images looks, in evaluation mode and without labels: of
 * the first {@code eval.meter_images} in the order of the first epoch, two views each, the same at
 * every measurement.
 *
 * @param step finished steps; 0 is the untrained network
 * @param epoch finished epochs; 0 is the untrained network
 * @param std sqrt(D) times the mean standard deviation of a dimension of normalised z: about 1 in
 *     good health, 0 after a collapse to one point
 * @param rankMeZ effective rank of z, of both views ({@link dev.simclr.eval.RankMe})
 * @param rankMeH effective rank of h, of both views
 * @param alignment mean squared distance of the normalised z of an image's two views
 * @param uniformity log E exp(-2 ||u - u'||^2) of the normalised z of different images, view 1
 * @param seconds time that the measurement took
 */
public record Meters(
    long step,
    int epoch,
    double std,
    double rankMeZ,
    double rankMeH,
    double alignment,
    double uniformity,
    double seconds) {}
