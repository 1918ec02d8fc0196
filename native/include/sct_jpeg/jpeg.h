/* JPEG files to RGB pixels, by libjpeg-turbo: the interface of libsimclr_jpeg.so, a library of its
 * own that needs neither libtorch nor libsimclr_torch. The conventions are those of sct/status.h,
 * with one exception: the text of a failure goes into memory of the caller, `ret_text`, because
 * these functions may be called on Java's virtual threads, whose carrier may change between two
 * calls. Functions keep nothing between calls and may run on any number of threads at once.
 *
 * What a file contains is decided as libjpeg decides it; pixels are those of its accurate integer
 * transform and its smooth ("fancy") chroma upsampling, which are also Pillow's. Gray becomes three
 * equal channels. Four components are inverted ink, as Adobe's programs write it, and become
 * light - ink light / 255, rounded. Colour profiles and EXIF orientation are ignored.
 *
 * Damage that libjpeg notices is a failure, also where libjpeg would go on and paint what is
 * missing gray; a few stray bytes between segments lose nothing and are accepted. Arithmetic
 * coding, lossless JPEG and samples of other than 8 bits are SCT_UNSUPPORTED. So that a header of a
 * few bytes cannot cost much memory or time, a file must have at least a bit for each block of 8x8
 * pixels, and at most SCT_JPEG_MAX_SCANS scans.
 */
#ifndef SCT_JPEG_JPEG_H
#define SCT_JPEG_JPEG_H

#include "sct/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every incompatible change of this header. */
#define SCT_JPEG_ABI_VERSION 1

/* Further values of sct_status. */
enum {
  /* The file contradicts the format, or pixels are missing in its middle. */
  SCT_JPEG_CORRUPT = 32,
  /* The file ends too early. */
  SCT_JPEG_TRUNCATED = 33
};

/* Bytes that a text needs, its zero at the end included. */
enum { SCT_JPEG_TEXT_BYTES = 256 };

enum { SCT_JPEG_MAX_SCANS = 100 };

/* What the components of a pixel are. */
enum {
  SCT_JPEG_GRAY = 1,
  SCT_JPEG_RGB = 2,
  SCT_JPEG_YCC = 3,
  SCT_JPEG_CMYK = 4,
  SCT_JPEG_YCCK = 5
};

typedef struct sct_jpeg_header {
  int32_t width;
  int32_t height;
  /* 1, 3 or 4. */
  int32_t components;
  /* SCT_JPEG_GRAY to SCT_JPEG_YCCK. */
  int32_t color;
  /* 1: progressive. */
  int32_t progressive;
} sct_jpeg_header;

/* SCT_JPEG_ABI_VERSION of the library. */
SCT_API int32_t sct_jpeg_abi_version(void);

/* What decodes, such as "libjpeg-turbo 2.1.5": the release whose headers the library was compiled
 * with. Static text. Fails if the libjpeg that was loaded does not fit these headers.
 *
 * ret_text of all functions: SCT_JPEG_TEXT_BYTES bytes, or NULL; written on failure only. */
SCT_API sct_status sct_jpeg_version(const char **ret_version, char *ret_text);

/* Reads the file up to its first scan. */
SCT_API sct_status sct_jpeg_read_header(const uint8_t *data, int64_t size,
                                        sct_jpeg_header *ret_header, char *ret_text);

/* Decodes the box [top, top + height) x [left, left + width) of the image that is made smaller by
 * `denominator`, 1, 2, 4 or 8, while it is decoded; that image has ceil(width / denominator)
 * columns, likewise rows, and the box lies within. `out` receives height x width x 3 bytes,
 * row-major, `out_bytes` of them exactly; on failure part of them may have been written.
 *
 * Only what the box needs is transformed, and nothing is read after its last row in a file with one
 * scan, so damage behind it is not noticed unless the box reaches the last row. The pixels are
 * exactly those that the whole image has at this denominator. */
SCT_API sct_status sct_jpeg_decode(const uint8_t *data, int64_t size, int32_t denominator,
                                   int32_t top, int32_t left, int32_t height, int32_t width,
                                   uint8_t *out, int64_t out_bytes, char *ret_text);

#ifdef __cplusplus
}
#endif

#endif
