/* C, because libjpeg reports errors by a call that must not return: leaving it takes longjmp, which
 * would jump over destructors in C++. */
#include "sct_jpeg/jpeg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
  kChannels = 3,
  kInks = 4,
  kBlock = 8,
  kRowsAtOnce = 16,
  /* Chroma is interpolated between neighbours. At the border of a part libjpeg takes the sample
   * there twice, so the part must reach beyond what is wanted. */
  kMargin = 4
};

typedef struct Decoding {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf failed;
  sct_status status;
  char *text;
  const uint8_t *data;
  int64_t size;
  sct_jpeg_header *header;
  uint32_t denominator;
  uint32_t top;
  uint32_t left;
  uint32_t height;
  uint32_t width;
  uint8_t *out;
} Decoding;

static sct_status status_of(int message) {
  switch (message) {
    case JERR_OUT_OF_MEMORY:
      return SCT_OUT_OF_MEMORY;
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF:
      return SCT_JPEG_TRUNCATED;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_LIB_VERSION:
    case JERR_BAD_PRECISION:
    case JERR_BAD_STRUCT_SIZE:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
    case JERR_WIDTH_OVERFLOW:
      return SCT_UNSUPPORTED;
    default:
      return SCT_JPEG_CORRUPT;
  }
}

static void say(char *text, const char *format, va_list values) {
  if (text != NULL) {
    vsnprintf(text, SCT_JPEG_TEXT_BYTES, format, values);
  }
}

static sct_status invalid(char *text, const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(text, format, values);
  va_end(values);
  return SCT_INVALID_ARGUMENT;
}

static _Noreturn void fail(Decoding *decoding, sct_status status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(decoding->text, format, values);
  va_end(values);
  decoding->status = status;
  longjmp(decoding->failed, 1);
}

static void on_error(j_common_ptr jpeg) {
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  fail(jpeg->client_data, status_of(jpeg->err->msg_code), "%s", message);
}

/* After a warning libjpeg goes on with whatever it made up; only these lose no pixel. */
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) {
    return;
  }
  switch (jpeg->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      break;
    default:
      on_error(jpeg);
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  Decoding *decoding = jpeg->client_data;
  if (decoding->jpeg.input_scan_number > SCT_JPEG_MAX_SCANS) {
    fail(decoding, SCT_JPEG_CORRUPT, "it has more than %d scans", SCT_JPEG_MAX_SCANS);
  }
}

/* Runs `body`, which libjpeg may leave at any call, and frees what libjpeg has taken. */
static sct_status run(Decoding *decoding, void (*body)(Decoding *)) {
  j_decompress_ptr jpeg = &decoding->jpeg;
  jpeg->err = jpeg_std_error(&decoding->errors);
  jpeg->client_data = decoding;
  decoding->errors.error_exit = on_error;
  decoding->errors.emit_message = on_message;
  decoding->errors.output_message = on_output;
  decoding->progress.progress_monitor = on_progress;
  decoding->status = SCT_OK;
  if (setjmp(decoding->failed) == 0) {
    jpeg_create_decompress(jpeg);
    jpeg->progress = &decoding->progress;
    body(decoding);
  }
  jpeg_destroy_decompress(jpeg);
  return decoding->status;
}

static int64_t blocks(JDIMENSION pixels) { return ((int64_t)pixels + kBlock - 1) / kBlock; }

static int32_t color_of(Decoding *decoding) {
  switch (decoding->jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return SCT_JPEG_GRAY;
    case JCS_RGB:
      return SCT_JPEG_RGB;
    case JCS_YCbCr:
      return SCT_JPEG_YCC;
    case JCS_CMYK:
      return SCT_JPEG_CMYK;
    case JCS_YCCK:
      return SCT_JPEG_YCCK;
    default:
      fail(decoding, SCT_UNSUPPORTED, "it has %d components, allowed are 1, 3 and 4",
           decoding->jpeg.num_components);
  }
}

static int32_t open_file(Decoding *decoding) {
  j_decompress_ptr jpeg = &decoding->jpeg;
  jpeg_mem_src(jpeg, decoding->data, (unsigned long)decoding->size);
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->data_precision != 8) {
    fail(decoding, SCT_UNSUPPORTED, "it has %d-bit samples, only 8-bit JPEG is read",
         jpeg->data_precision);
  }
  if (jpeg->arith_code) {
    fail(decoding, SCT_UNSUPPORTED, "arithmetic-coded JPEG");
  }
  if (blocks(jpeg->image_width) * blocks(jpeg->image_height) > decoding->size * 8) {
    fail(decoding, SCT_JPEG_CORRUPT, "its header says %ux%u pixels, too many for %lld bytes",
         jpeg->image_width, jpeg->image_height, (long long)decoding->size);
  }
  return color_of(decoding);
}

static void create_only(Decoding *decoding) { (void)decoding; }

static void read_header(Decoding *decoding) {
  const int32_t color = open_file(decoding);
  decoding->header->width = (int32_t)decoding->jpeg.image_width;
  decoding->header->height = (int32_t)decoding->jpeg.image_height;
  decoding->header->components = decoding->jpeg.num_components;
  decoding->header->color = color;
  decoding->header->progressive = decoding->jpeg.progressive_mode ? 1 : 0;
}

/* light - ink light / 255, rounded as Pillow rounds it. */
static uint8_t mix(uint8_t stored_ink, uint8_t light) {
  const int32_t product = (255 - stored_ink) * light + 128;
  const int32_t dark = ((product >> 8) + product) >> 8;
  return (uint8_t)(dark < light ? light - dark : 0);
}

static void inks_to_rgb(const uint8_t *inks, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; ++x) {
    for (int c = 0; c < kChannels; ++c) {
      rgb[c] = mix(inks[c], inks[kInks - 1]);
    }
    inks += kInks;
    rgb += kChannels;
  }
}

/* Limits decoding to columns from before the box to behind it; returns the first of them. */
static JDIMENSION crop_columns(Decoding *decoding) {
  j_decompress_ptr jpeg = &decoding->jpeg;
  const JDIMENSION right = decoding->left + decoding->width;
  JDIMENSION first = decoding->left > kMargin ? decoding->left - kMargin : 0;
  JDIMENSION columns =
      (jpeg->output_width - right > kMargin ? right + kMargin : jpeg->output_width) - first;
  /* libjpeg-turbo 2.1 takes wrong columns of chroma where both reductions meet. */
  const int reliable =
      decoding->denominator == 1 || (jpeg->max_h_samp_factor <= 2 && jpeg->max_v_samp_factor <= 2);
  if (columns == jpeg->output_width || !reliable) {
    return 0;
  }
  jpeg_crop_scanline(jpeg, &first, &columns);
  return first;
}

static void read_rows(Decoding *decoding, JDIMENSION first_column) {
  j_decompress_ptr jpeg = &decoding->jpeg;
  const uint32_t bytes = decoding->width * kChannels;
  const JDIMENSION end = decoding->top + decoding->height;
  const size_t skipped = (size_t)(decoding->left - first_column) * (size_t)jpeg->output_components;
  const int direct = jpeg->output_components == kChannels && jpeg->output_width == decoding->width;
  JSAMPARRAY buffer = jpeg->mem->alloc_sarray(
      (j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * (JDIMENSION)jpeg->output_components,
      kRowsAtOnce);
  JSAMPROW rows[kRowsAtOnce];
  while (jpeg->output_scanline < end) {
    const JDIMENSION first = jpeg->output_scanline;
    const JDIMENSION limit = first < decoding->top ? decoding->top : end;
    const JDIMENSION wanted = limit - first < kRowsAtOnce ? limit - first : kRowsAtOnce;
    const int inside = first >= decoding->top;
    uint8_t *out = inside ? decoding->out + (size_t)(first - decoding->top) * bytes : NULL;
    for (JDIMENSION i = 0; i < wanted; ++i) {
      rows[i] = inside && direct ? out + (size_t)i * bytes : buffer[i];
    }
    const JDIMENSION read = jpeg_read_scanlines(jpeg, rows, wanted);
    for (JDIMENSION i = 0; i < read && inside && !direct; ++i) {
      if (jpeg->output_components == kInks) {
        inks_to_rgb(rows[i] + skipped, decoding->width, out + (size_t)i * bytes);
      } else {
        memcpy(out + (size_t)i * bytes, rows[i] + skipped, bytes);
      }
    }
  }
}

static void decode(Decoding *decoding) {
  j_decompress_ptr jpeg = &decoding->jpeg;
  const int32_t color = open_file(decoding);
  jpeg->scale_num = 1;
  jpeg->scale_denom = decoding->denominator;
  jpeg->out_color_space = color == SCT_JPEG_CMYK || color == SCT_JPEG_YCCK ? JCS_CMYK : JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  /* Only where refining scans are absent would it do anything, and it needs context that a part of
   * the image has not. */
  jpeg->do_block_smoothing = FALSE;
  jpeg_calc_output_dimensions(jpeg);
  if (decoding->height > jpeg->output_height ||
      decoding->top > jpeg->output_height - decoding->height ||
      decoding->width > jpeg->output_width ||
      decoding->left > jpeg->output_width - decoding->width) {
    fail(decoding, SCT_INVALID_ARGUMENT,
         "the box of %ux%u pixels at row %u, column %u is not within the %ux%u pixels of the image",
         decoding->width, decoding->height, decoding->top, decoding->left, jpeg->output_width,
         jpeg->output_height);
  }
  const JDIMENSION rows = jpeg->output_height;
  jpeg_start_decompress(jpeg);
  const JDIMENSION first_column = crop_columns(decoding);
  if (decoding->top > kMargin) {
    jpeg_skip_scanlines(jpeg, decoding->top - kMargin);
  }
  read_rows(decoding, first_column);
  if (decoding->top + decoding->height == rows) {
    jpeg_finish_decompress(jpeg);
  }
}

static int bad_data(const uint8_t *data, int64_t size) { return data == NULL || size < 1; }

int32_t sct_jpeg_abi_version(void) { return SCT_JPEG_ABI_VERSION; }

#define SCT_TEXT_OF(x) #x
#define SCT_TEXT(x) SCT_TEXT_OF(x)

sct_status sct_jpeg_version(const char **ret_version, char *ret_text) {
  if (ret_version == NULL) {
    return invalid(ret_text, "ret_version is NULL");
  }
  Decoding decoding = {.text = ret_text};
  const sct_status status = run(&decoding, create_only);
  if (status == SCT_OK) {
    *ret_version = "libjpeg-turbo " SCT_TEXT(LIBJPEG_TURBO_VERSION);
  }
  return status;
}

sct_status sct_jpeg_read_header(const uint8_t *data, int64_t size, sct_jpeg_header *ret_header,
                                char *ret_text) {
  if (bad_data(data, size) || ret_header == NULL) {
    return invalid(ret_text, "no data, or ret_header is NULL");
  }
  Decoding decoding = {.text = ret_text, .data = data, .size = size, .header = ret_header};
  return run(&decoding, read_header);
}

sct_status sct_jpeg_decode(const uint8_t *data, int64_t size, int32_t denominator, int32_t top,
                           int32_t left, int32_t height, int32_t width, uint8_t *out,
                           int64_t out_bytes, char *ret_text) {
  if (bad_data(data, size) || out == NULL) {
    return invalid(ret_text, "no data, or out is NULL");
  }
  if (denominator != 1 && denominator != 2 && denominator != 4 && denominator != 8) {
    return invalid(ret_text, "denominator is %d; allowed: 1, 2, 4 and 8", denominator);
  }
  if (top < 0 || left < 0 || height < 1 || width < 1 || out_bytes / kChannels / width != height ||
      out_bytes % ((int64_t)width * kChannels) != 0) {
    return invalid(ret_text, "a box of %dx%d pixels at row %d, column %d for %lld bytes", width,
                   height, top, left, (long long)out_bytes);
  }
  Decoding decoding = {.text = ret_text,
                       .data = data,
                       .size = size,
                       .denominator = (uint32_t)denominator,
                       .top = (uint32_t)top,
                       .left = (uint32_t)left,
                       .height = (uint32_t)height,
                       .width = (uint32_t)width,
                       .out = out};
  return run(&decoding, decode);
}
