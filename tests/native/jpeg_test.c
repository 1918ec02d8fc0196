/* Parts, reductions and damage of JPEG files. Pictures are made by libjpeg's own encoder, and the
 * pixels of a whole picture are compared with those of its plain decoding loop. Input and output
 * end at pages that nobody may touch, since libjpeg itself is not instrumented. */
#define _DEFAULT_SOURCE

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jpeglib.h>

#include "check.h"
#include "sct_jpeg/jpeg.h"

enum { MUTANTS = 2000 };

typedef struct Kind {
  const char *name;
  J_COLOR_SPACE stored;
  int h;
  int v;
  int progressive;
  int restart;
} Kind;

static const Kind kinds[] = {
    {"gray", JCS_GRAYSCALE, 1, 1, 0, 0},
    {"gray 2x2", JCS_GRAYSCALE, 2, 2, 0, 0},
    {"4:4:4", JCS_YCbCr, 1, 1, 0, 0},
    {"4:2:2", JCS_YCbCr, 2, 1, 0, 0},
    {"4:2:0", JCS_YCbCr, 2, 2, 0, 0},
    {"4:4:0", JCS_YCbCr, 1, 2, 0, 0},
    {"4:1:1", JCS_YCbCr, 4, 1, 0, 0},
    {"4:1:0", JCS_YCbCr, 4, 2, 0, 0},
    {"3x1", JCS_YCbCr, 3, 1, 0, 0},
    {"1x3", JCS_YCbCr, 1, 3, 0, 0},
    {"2x4", JCS_YCbCr, 2, 4, 0, 0},
    {"4:2:0 restart", JCS_YCbCr, 2, 2, 0, 3},
    {"rgb", JCS_RGB, 1, 1, 0, 0},
    {"cmyk", JCS_CMYK, 1, 1, 0, 0},
    {"ycck 4:2:0", JCS_YCCK, 2, 2, 0, 0},
    {"progressive gray", JCS_GRAYSCALE, 1, 1, 1, 0},
    {"progressive 4:4:4", JCS_YCbCr, 1, 1, 1, 0},
    {"progressive 4:2:0", JCS_YCbCr, 2, 2, 1, 0},
    {"progressive 4:2:2", JCS_YCbCr, 2, 1, 1, 2},
    {"progressive ycck", JCS_YCCK, 2, 2, 1, 0},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A generator of its own, so that every machine makes the same pictures and mutants. */
static uint64_t state;

static uint32_t draw(uint32_t below) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return (uint32_t)((state >> 33) % below);
}

typedef struct Bytes {
  uint8_t *data;
  int64_t size;
  void *pages;
  size_t page_bytes;
} Bytes;

/* Memory whose last byte is followed by a page without access. */
static Bytes guarded(int64_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t used = ((size_t)size + page - 1) / page * page;
  uint8_t *pages =
      mmap(NULL, used + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages + used, page, PROT_NONE) != 0) {
    perror("guarded memory");
    exit(EXIT_FAILURE);
  }
  return (Bytes){pages + used - size, size, pages, used + page};
}

static void release(Bytes bytes) { munmap(bytes.pages, bytes.page_bytes); }

static Bytes copy_of(const uint8_t *data, int64_t size) {
  Bytes copy = guarded(size);
  memcpy(copy.data, data, (size_t)size);
  return copy;
}

/* A smooth picture with noise and an edge. */
static Bytes encoded(Kind kind, int width, int height, int quality) {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *out = NULL;
  unsigned long size = 0;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &out, &size);
  const int four = kind.stored == JCS_CMYK || kind.stored == JCS_YCCK;
  const int channels = four ? 4 : kind.stored == JCS_GRAYSCALE ? 1 : 3;
  jpeg.image_width = (JDIMENSION)width;
  jpeg.image_height = (JDIMENSION)height;
  jpeg.input_components = channels;
  jpeg.in_color_space = four ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_colorspace(&jpeg, kind.stored);
  jpeg_set_quality(&jpeg, quality, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c) {
    const int full = c == 0 || c == 3;
    jpeg.comp_info[c].h_samp_factor = full ? kind.h : 1;
    jpeg.comp_info[c].v_samp_factor = full ? kind.v : 1;
  }
  if (kind.progressive) {
    jpeg_simple_progression(&jpeg);
  }
  jpeg.restart_interval = (unsigned)kind.restart;
  jpeg_start_compress(&jpeg, TRUE);
  uint8_t *row = malloc((size_t)width * 4);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < width * channels; ++i) {
      const int x = i / channels;
      const int edge = (x * 7 + y * 5) % 61 > 30 ? 70 : 0;
      row[i] = (uint8_t)((x * 3 + y * 2 * (i % channels + 1) + edge + (int)draw(40)) % 256);
    }
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  Bytes file = copy_of(out, (int64_t)size);
  free(row);
  free(out);
  return file;
}

/* The whole picture as libjpeg's manual decodes it; four components become RGB in doubles. */
static Bytes reference(Bytes file, int denominator, int *ret_width, int *ret_height) {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, file.data, (unsigned long)file.size);
  jpeg_read_header(&jpeg, TRUE);
  jpeg.scale_num = 1;
  jpeg.scale_denom = (unsigned)denominator;
  jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&jpeg);
  const int channels = jpeg.output_components;
  *ret_width = (int)jpeg.output_width;
  *ret_height = (int)jpeg.output_height;
  Bytes rgb = guarded((int64_t)*ret_width * *ret_height * 3);
  uint8_t *row = malloc((size_t)*ret_width * (size_t)channels);
  uint8_t *out = rgb.data;
  while (jpeg.output_scanline < jpeg.output_height) {
    jpeg_read_scanlines(&jpeg, &row, 1);
    for (int x = 0; x < *ret_width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const uint8_t *pixel = row + (ptrdiff_t)x * channels;
        *out++ = channels == 3
                     ? pixel[c]
                     : (uint8_t)(pixel[3] - floor((255.0 - pixel[c]) * pixel[3] / 255 + 0.5));
      }
    }
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  free(row);
  return rgb;
}

static void check_box(const char *name, Bytes file, int denominator, Bytes whole, int width,
                      int top, int left, int rows, int columns) {
  char text[SCT_JPEG_TEXT_BYTES] = "";
  Bytes box = guarded((int64_t)rows * columns * 3);
  const sct_status status = sct_jpeg_decode(file.data, file.size, denominator, top, left, rows,
                                            columns, box.data, box.size, text);
  if (status != SCT_OK) {
    FAIL_AT("%s: status %d: %s", name, status, text);
  }
  for (int y = 0; status == SCT_OK && y < rows; ++y) {
    const uint8_t *got = box.data + (ptrdiff_t)y * columns * 3;
    const uint8_t *expected = whole.data + ((ptrdiff_t)(top + y) * width + left) * 3;
    if (memcmp(got, expected, (size_t)columns * 3) != 0) {
      int i = 0;
      while (got[i] == expected[i]) {
        ++i;
      }
      FAIL_AT("%s /%d, %d columns, box %dx%d at %d, %d: row %d column %d is %d instead of %d", name,
              denominator, width, columns, rows, top, left, y, i / 3, got[i], expected[i]);
      break;
    }
  }
  release(box);
}

static void boxes_are_parts_of_the_whole(void) {
  const int sizes[][2] = {{1, 1},   {1, 40},  {40, 1},  {7, 9},
                          {16, 16}, {17, 33}, {75, 61}, {131, 97}};
  for (int k = 0; k < KINDS; ++k) {
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); ++s) {
      state = (uint64_t)k * 100 + s;
      Bytes file = encoded(kinds[k], sizes[s][0], sizes[s][1], 90);
      for (int denominator = 1; denominator <= 8; denominator *= 2) {
        int width = 0;
        int height = 0;
        Bytes whole = reference(file, denominator, &width, &height);
        CHECK_INT(width, (sizes[s][0] + denominator - 1) / denominator);
        CHECK_INT(height, (sizes[s][1] + denominator - 1) / denominator);
        check_box(kinds[k].name, file, denominator, whole, width, 0, 0, height, width);
        for (int i = 0; i < 60; ++i) {
          const int rows = 1 + (int)draw((uint32_t)height);
          const int columns = 1 + (int)draw((uint32_t)width);
          const int top = (int)draw((uint32_t)(height - rows + 1));
          const int left = (int)draw((uint32_t)(width - columns + 1));
          check_box(kinds[k].name, file, denominator, whole, width, top, left, rows, columns);
        }
        release(whole);
      }
      release(file);
    }
  }
}

/* Every place of a small box, so that all borders of blocks are met. */
static void small_boxes_are_right_everywhere(void) {
  for (int k = 0; k < KINDS; ++k) {
    state = (uint64_t)k;
    Bytes file = encoded(kinds[k], 83, 70, 90);
    int width = 0;
    int height = 0;
    Bytes whole = reference(file, 1, &width, &height);
    for (int i = 0; i + 3 <= height; ++i) {
      check_box(kinds[k].name, file, 1, whole, width, i, i, 3, 5);
      check_box(kinds[k].name, file, 1, whole, width, i, width - 2, 1, 2);
      check_box(kinds[k].name, file, 1, whole, width, i, 0, height - i, 1);
    }
    for (int x = 0; x < width; ++x) {
      check_box(kinds[k].name, file, 1, whole, width, 31, x, 2, 1);
      check_box(kinds[k].name, file, 1, whole, width, 0, x, 1, width - x);
    }
    release(whole);
    release(file);
  }
}

static void headers_tell_what_is_there(void) {
  const int32_t colors[KINDS] = {SCT_JPEG_GRAY, SCT_JPEG_GRAY, SCT_JPEG_YCC,  SCT_JPEG_YCC,
                                 SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCC,
                                 SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCC,
                                 SCT_JPEG_RGB,  SCT_JPEG_CMYK, SCT_JPEG_YCCK, SCT_JPEG_GRAY,
                                 SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCC,  SCT_JPEG_YCCK};
  for (int k = 0; k < KINDS; ++k) {
    state = 5;
    Bytes file = encoded(kinds[k], 21, 13, 80);
    sct_jpeg_header header = {0};
    CHECK_INT(sct_jpeg_read_header(file.data, file.size, &header, NULL), SCT_OK);
    CHECK_INT(header.width, 21);
    CHECK_INT(header.height, 13);
    CHECK_INT(header.color, colors[k]);
    CHECK_INT(header.progressive, kinds[k].progressive);
    CHECK_INT(header.components, colors[k] == SCT_JPEG_GRAY   ? 1
                                 : colors[k] >= SCT_JPEG_CMYK ? 4
                                                              : 3);
    release(file);
  }
}

/* A status that a file can cause. */
static int typed(sct_status status) {
  return status == SCT_JPEG_CORRUPT || status == SCT_JPEG_TRUNCATED || status == SCT_UNSUPPORTED ||
         status == SCT_OUT_OF_MEMORY;
}

static void every_truncation_is_a_typed_error(void) {
  const int chosen[] = {0, 4, 11, 13, 17};
  for (size_t c = 0; c < sizeof(chosen) / sizeof(chosen[0]); ++c) {
    state = c;
    Bytes file = encoded(kinds[chosen[c]], 33, 29, 60);
    Bytes out = guarded(33 * 29 * 3);
    for (int64_t size = 1; size < file.size; ++size) {
      Bytes cut = copy_of(file.data, size);
      char text[SCT_JPEG_TEXT_BYTES] = "";
      const sct_status status =
          sct_jpeg_decode(cut.data, cut.size, 1, 0, 0, 29, 33, out.data, out.size, text);
      if (!typed(status) || text[0] == '\0') {
        FAIL_AT("%s cut to %lld bytes: status %d: %s", kinds[chosen[c]].name, (long long)size,
                status, text);
      }
      release(cut);
    }
    release(out);
    release(file);
  }
}

static int64_t find(Bytes file, uint8_t marker) {
  for (int64_t i = 0; i + 1 < file.size; ++i) {
    if (file.data[i] == 0xFF && file.data[i + 1] == marker) {
      return i;
    }
  }
  FAIL_AT("no marker %02X", marker);
  exit(EXIT_FAILURE);
}

static void set_size(Bytes file, int width, int height) {
  uint8_t *frame = file.data + find(file, 0xC0);
  frame[5] = (uint8_t)(height >> 8);
  frame[6] = (uint8_t)height;
  frame[7] = (uint8_t)(width >> 8);
  frame[8] = (uint8_t)width;
}

static void expect(const char *what, sct_status status, sct_status expected, const char *text,
                   const char *part) {
  if (status != expected || strstr(text, part) == NULL) {
    FAIL_AT("%s: status %d instead of %d: \"%s\" instead of \"...%s...\"", what, status, expected,
            text, part);
  }
}

static void lies_are_refused(void) {
  char text[SCT_JPEG_TEXT_BYTES] = "";
  sct_jpeg_header header;
  state = 3;
  Bytes file = encoded(kinds[4], 40, 40, 90);
  Bytes out = guarded(40 * 40 * 3);
#define DECODE(denominator, top, left, rows, columns)                                    \
  sct_jpeg_decode(file.data, file.size, denominator, top, left, rows, columns, out.data, \
                  (int64_t)(rows) * (columns)*3, text)
  expect("box", DECODE(1, 30, 0, 11, 10), SCT_INVALID_ARGUMENT, text, "not within the 40x40");
  expect("box", DECODE(1, 0, 31, 10, 10), SCT_INVALID_ARGUMENT, text, "not within");
  expect("box", DECODE(4, 0, 0, 11, 10), SCT_INVALID_ARGUMENT, text, "not within the 10x10");
  expect("box", DECODE(1, INT32_MAX, 0, 1, 1), SCT_INVALID_ARGUMENT, text, "not within");
  expect("box", DECODE(1, -1, 0, 1, 1), SCT_INVALID_ARGUMENT, text, "at row -1");
  expect("box", DECODE(1, 0, 0, 0, 1), SCT_INVALID_ARGUMENT, text, "1x0 pixels");
  expect("denominator", DECODE(3, 0, 0, 1, 1), SCT_INVALID_ARGUMENT, text, "denominator is 3");
#undef DECODE
  CHECK_INT(sct_jpeg_decode(file.data, file.size, 1, 0, 0, 2, 2, out.data, 11, NULL),
            SCT_INVALID_ARGUMENT);
  CHECK_INT(sct_jpeg_decode(file.data, file.size, 1, 0, 0, INT32_MAX, INT32_MAX, out.data, 3, NULL),
            SCT_INVALID_ARGUMENT);
  CHECK_INT(sct_jpeg_decode(NULL, 10, 1, 0, 0, 1, 1, out.data, 3, NULL), SCT_INVALID_ARGUMENT);
  CHECK_INT(sct_jpeg_decode(file.data, file.size, 1, 0, 0, 1, 1, NULL, 3, NULL),
            SCT_INVALID_ARGUMENT);
  CHECK_INT(sct_jpeg_read_header(file.data, 0, &header, NULL), SCT_INVALID_ARGUMENT);
  CHECK_INT(sct_jpeg_read_header(file.data, file.size, NULL, NULL), SCT_INVALID_ARGUMENT);

  set_size(file, 65000, 65000);
  expect("size", sct_jpeg_read_header(file.data, file.size, &header, text), SCT_JPEG_CORRUPT, text,
         "its header says 65000x65000 pixels, too many for");
  set_size(file, 65535, 16);
  expect("size", sct_jpeg_read_header(file.data, file.size, &header, text), SCT_UNSUPPORTED, text,
         "65500");
  set_size(file, 40, 0);
  expect("size", sct_jpeg_read_header(file.data, file.size, &header, text), SCT_JPEG_CORRUPT, text,
         "Empty JPEG image");
  set_size(file, 40, 40);
  file.data[find(file, 0xC0) + 4] = 12;
  expect("depth", sct_jpeg_read_header(file.data, file.size, &header, text), SCT_UNSUPPORTED, text,
         "12");
  file.data[find(file, 0xC0) + 4] = 8;
  file.data[find(file, 0xC0) + 1] = 0xC9;
  expect("coding", sct_jpeg_read_header(file.data, file.size, &header, text), SCT_UNSUPPORTED, text,
         "arithmetic");
  release(out);
  release(file);
}

/* Pixels that are missing in the middle: libjpeg itself would only warn. */
static void missing_pixels_are_noticed(void) {
  state = 9;
  Bytes file = encoded(kinds[4], 64, 64, 90);
  const int64_t scan = find(file, 0xDA);
  const int64_t gap = (file.size - scan) / 2;
  Bytes cut = guarded(file.size - gap);
  memcpy(cut.data, file.data, (size_t)(file.size - gap - 2));
  memcpy(cut.data + file.size - gap - 2, "\xFF\xD9", 2);
  Bytes out = guarded(64 * 64 * 3);
  char text[SCT_JPEG_TEXT_BYTES] = "";
  expect("gap", sct_jpeg_decode(cut.data, cut.size, 1, 0, 0, 64, 64, out.data, out.size, text),
         SCT_JPEG_CORRUPT, text, "premature end of data segment");
  CHECK_INT(sct_jpeg_decode(cut.data, cut.size, 1, 0, 0, 8, 64, out.data, 8 * 64 * 3, text),
            SCT_OK);
  release(out);
  release(cut);
  release(file);
}

static void endless_scans_are_refused(void) {
  state = 2;
  Bytes file = encoded(kinds[16], 24, 24, 70);
  /* The first scan may be there again, and costs a pass each time. */
  const int64_t scan = find(file, 0xDA);
  const int64_t tables = scan + find((Bytes){file.data + scan, file.size - scan, NULL, 0}, 0xC4);
  const int64_t length = tables - scan;
  Bytes longer = guarded(file.size + 200 * length);
  memcpy(longer.data, file.data, (size_t)tables);
  for (int i = 1; i <= 200; ++i) {
    memcpy(longer.data + scan + i * length, file.data + scan, (size_t)length);
  }
  memcpy(longer.data + scan + 201 * length, file.data + tables, (size_t)(file.size - tables));
  Bytes out = guarded(24 * 24 * 3);
  char text[SCT_JPEG_TEXT_BYTES] = "";
  expect("scans",
         sct_jpeg_decode(longer.data, longer.size, 1, 0, 0, 24, 24, out.data, out.size, text),
         SCT_JPEG_CORRUPT, text, "more than 100 scans");
  release(out);
  release(longer);
  release(file);
}

static Bytes mutated(Bytes file) {
  Bytes mutant = copy_of(file.data, file.size);
  switch (draw(5)) {
    case 0:
      mutant.data[draw((uint32_t)mutant.size)] ^= (uint8_t)(1U << draw(8));
      break;
    case 1:
      for (int i = 0; i < 8; ++i) {
        mutant.data[draw((uint32_t)mutant.size)] = (uint8_t)draw(256);
      }
      break;
    case 2: {
      const uint32_t from = draw((uint32_t)mutant.size);
      for (int64_t i = from; i < mutant.size && i < from + 16; ++i) {
        mutant.data[i] = (uint8_t)(draw(2) == 0 ? 0 : 255);
      }
      break;
    }
    case 3: { /* in the headers, where it does most */
      const int64_t scan = file.size < 700 ? file.size : 700;
      for (int i = 0; i < 3; ++i) {
        mutant.data[2 + draw((uint32_t)scan - 2)] = (uint8_t)draw(256);
      }
      break;
    }
    default: {
      const uint32_t from = draw((uint32_t)mutant.size);
      const uint32_t gone = draw((uint32_t)mutant.size - from);
      Bytes shorter = guarded(mutant.size - gone);
      memcpy(shorter.data, mutant.data, from);
      memcpy(shorter.data + from, mutant.data + from + gone, (size_t)mutant.size - from - gone);
      release(mutant);
      mutant = shorter;
    }
  }
  return mutant;
}

static void mutants_are_decoded_or_typed_errors(void) {
  int decoded = 0;
  int refused = 0;
  for (int i = 0; i < MUTANTS; ++i) {
    state = (uint64_t)i;
    Bytes file = encoded(kinds[i % KINDS], 20 + (int)draw(60), 20 + (int)draw(60), 75);
    Bytes mutant = mutated(file);
    sct_jpeg_header header = {0};
    char text[SCT_JPEG_TEXT_BYTES] = "";
    sct_status status = sct_jpeg_read_header(mutant.data, mutant.size, &header, text);
    int boxes = 0;
    while (status == SCT_OK && boxes < 3) {
      const int denominator = boxes == 0 ? 1 : 1 << draw(4);
      const int width = (header.width + denominator - 1) / denominator;
      const int height = (header.height + denominator - 1) / denominator;
      const int rows = boxes == 0 ? height : 1 + (int)draw((uint32_t)height);
      const int columns = boxes == 0 ? width : 1 + (int)draw((uint32_t)width);
      const int top = (int)draw((uint32_t)(height - rows + 1));
      const int left = (int)draw((uint32_t)(width - columns + 1));
      Bytes out = guarded((int64_t)rows * columns * 3);
      status = sct_jpeg_decode(mutant.data, mutant.size, denominator, top, left, rows, columns,
                               out.data, out.size, text);
      release(out);
      ++boxes;
    }
    if (status == SCT_OK) {
      ++decoded;
    } else {
      ++refused;
      if (!typed(status) || text[0] == '\0') {
        FAIL_AT("mutant %d: status %d: %s", i, status, text);
      }
    }
    release(mutant);
    release(file);
  }
  /* Otherwise the damage was too small or too large to test anything. */
  CHECK(decoded > MUTANTS / 10);
  CHECK(refused > MUTANTS / 10);
  printf("%d mutants decoded, %d refused\n", decoded, refused);
}

static void the_version_is_told(void) {
  const char *version = NULL;
  CHECK_INT(sct_jpeg_abi_version(), SCT_JPEG_ABI_VERSION);
  CHECK_INT(sct_jpeg_version(&version, NULL), SCT_OK);
  CHECK(version != NULL && strncmp(version, "libjpeg-turbo ", 14) == 0);
  CHECK_INT(sct_jpeg_version(NULL, NULL), SCT_INVALID_ARGUMENT);
}

int main(void) {
  the_version_is_told();
  headers_tell_what_is_there();
  boxes_are_parts_of_the_whole();
  small_boxes_are_right_everywhere();
  every_truncation_is_a_typed_error();
  lies_are_refused();
  missing_pixels_are_noticed();
  endless_scans_are_refused();
  mutants_are_decoded_or_typed_errors();
  return CHECK_RESULT;
}
