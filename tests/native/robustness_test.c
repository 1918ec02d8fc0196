/* Every exported function gets NULLs, freed and nulled handles, negative sizes and absurd shapes,
 * and answers with a status: no crash, no leak, and a refusal where an argument that it needs is
 * NULL. Arguments come from pools by a seeded generator, so a failure can be repeated:
 *   robustness_test [SEED [ROUNDS [FUNCTION]]]
 */
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "tensors.h"

enum { kRoom = 64, kTensors = 8, kHandles = 8, kBytes = 4096 };

typedef struct {
  uint64_t random;
  /* The pointer argument, counted from 0, that is NULL in this call; -1 for none. */
  int null_at;
  int pointers;
  bool refused_needed;
  /* Every sixteenth tensor, roughly, is a handle that has been freed. */
  sct_tensor tensors[kTensors];
  sct_tensor freed;
  sct_op ops[3];
  /* What calls may write to. */
  sct_tensor owned[kHandles];
  sct_value results[kRoom];
  sct_region region;
  sct_cuda_stream stream;
  int64_t int64s[kRoom];
  sct_tensor handles[kHandles];
  sct_value values[kHandles];
  const char *texts[kHandles];
  sct_optim_group groups[kHandles];
  sct_augment_format format;
  sct_augment_view views[kHandles];
  _Alignas(64) unsigned char memory[kBytes];
  /* Result cells; the largest result is sct_tensor_info. */
  int cells;
  _Alignas(64) unsigned char cell[4][2048];
} Source;

typedef struct {
  const char *name;
  sct_status (*call)(Source *);
} Function;

static uint64_t draw(Source *source, uint64_t bound) {
  source->random = source->random * 6364136223846793005u + 1442695040888963407u;
  return (source->random >> 33) % bound;
}

/* Whether this pointer argument is to be NULL. */
static bool null_now(Source *source, bool needed) {
  const bool now = source->pointers++ == source->null_at;
  source->refused_needed = source->refused_needed || (now && needed);
  return now;
}

static sct_tensor any_tensor(Source *source) {
  return draw(source, 16) == 0 ? source->freed : source->tensors[draw(source, kTensors)];
}

static sct_tensor pick_tensor(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  sct_tensor picked = any_tensor(source);
  source->refused_needed = source->refused_needed || (picked == NULL && needed);
  return picked;
}

static sct_op pick_op(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : source->ops[draw(source, 3)];
}

/* Without CUDA there is no stream to pass. */
static sct_cuda_stream pick_stream(Source *source, bool needed) {
  source->refused_needed = source->refused_needed || needed;
  (void)null_now(source, needed);
  return NULL;
}

static int64_t pick_int64(Source *source) {
  static const int64_t kPool[] = {0,        1,           2,  3,         -1,        -2,
                                  4,        7,           -5, INT64_MAX, INT64_MIN, (int64_t)1 << 40,
                                  1L << 31, -(1L << 31), 0,  1};
  return kPool[draw(source, sizeof(kPool) / sizeof(kPool[0]))];
}

/* Elements of an array: never more than it has, unless too many for any. */
static int64_t pick_count(Source *source) {
  static const int64_t kPool[] = {0, 1, 2, 3, 4, 5, 6, 8, 4, 2, 1, -1, INT64_MIN, 3};
  return kPool[draw(source, sizeof(kPool) / sizeof(kPool[0]))];
}

static int64_t pick_bytes(Source *source) {
  static const int64_t kPool[] = {0, 4, 8, 24, 96, kBytes, -1, INT64_MIN, 1};
  return kPool[draw(source, sizeof(kPool) / sizeof(kPool[0]))];
}

static int32_t pick_int32(Source *source) {
  static const int32_t kPool[] = {0, 1, 2, 6, 6, 0, 0, 7, 4, 11, 15, -1, 99, INT_MAX, INT_MIN, 1};
  return kPool[draw(source, sizeof(kPool) / sizeof(kPool[0]))];
}

static int32_t pick_threads(Source *source) {
  static const int32_t kPool[] = {0, 1, 2, -1, INT_MAX, INT_MIN};
  return kPool[draw(source, sizeof(kPool) / sizeof(kPool[0]))];
}

static uint64_t pick_uint64(Source *source) { return draw(source, 2) == 0 ? 0 : UINT64_MAX; }

static double pick_double(Source *source) {
  static const double kPool[] = {0, 1, -1, 0.5, 2, 1e-300, 1e300, -1e300, 1e19, 3};
  const uint64_t i = draw(source, 13);
  return i < 10 ? kPool[i] : i == 10 ? NAN : i == 11 ? INFINITY : -INFINITY;
}

static bool pick_bool(Source *source) { return draw(source, 2) == 0; }

/* Half of the time sizes that could be meant, half of the time anything. */
static const int64_t *pick_int64s(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  const bool sane = draw(source, 2) == 0;
  for (int i = 0; i < kRoom; ++i) {
    source->int64s[i] = sane ? (int64_t)draw(source, 4) : pick_int64(source);
  }
  return source->int64s;
}

static const sct_tensor *pick_tensors(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  const bool same = draw(source, 2) == 0;
  const sct_tensor one = any_tensor(source);
  for (int i = 0; i < kHandles; ++i) {
    source->handles[i] = same ? one : any_tensor(source);
  }
  return source->handles;
}

static sct_tensor *pick_owned_tensors(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  for (int i = 0; i < kHandles; ++i) {
    if (source->owned[i] == NULL && draw(source, 4) != 0) {
      OK(sct_tensor_alias(source->tensors[i % kTensors], &source->owned[i]));
    }
  }
  return source->owned;
}

static const sct_value *pick_values(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  for (int i = 0; i < kHandles; ++i) {
    sct_value *value = &source->values[i];
    *value = (sct_value){.kind = (int32_t)draw(source, 15) - 1,
                         .index = pick_int32(source),
                         .integer = pick_int64(source),
                         .real = pick_double(source)};
    const bool null = draw(source, 8) == 0;
    switch (value->kind) {
      case SCT_VALUE_TENSOR:
        value->pointer = any_tensor(source);
        break;
      case SCT_VALUE_TENSOR_LIST:
      case SCT_VALUE_OPTIONAL_TENSOR_LIST:
        value->integer = pick_count(source);
        for (int j = 0; j < kHandles; ++j) {
          source->handles[j] = any_tensor(source);
        }
        value->pointer = null ? NULL : source->handles;
        break;
      case SCT_VALUE_STRING:
      case SCT_VALUE_INT_LIST:
      case SCT_VALUE_DOUBLE_LIST:
      case SCT_VALUE_BOOL_LIST:
        value->integer = pick_count(source);
        memset(source->memory, 0, sizeof(source->memory));
        value->pointer = null ? NULL : source->memory;
        break;
      default:
        break;
    }
  }
  return source->values;
}

static sct_value *pick_results(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : source->results;
}

static sct_region *pick_region(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : &source->region;
}

static sct_cuda_stream *pick_owned_stream(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : &source->stream;
}

static const char *pick_text(Source *source, bool needed) {
  static const char *const kPool[] = {"", "aten::add", "aten::cat", "Tensor", "no such thing"};
  return null_now(source, needed) ? NULL : kPool[draw(source, 5)];
}

static const char *const *pick_texts(Source *source, bool needed) {
  static const char *const kPool[] = {NULL, NULL, "alpha", "dim", "other", "no such thing"};
  if (null_now(source, needed)) {
    return NULL;
  }
  for (int i = 0; i < kHandles; ++i) {
    source->texts[i] = kPool[draw(source, 6)];
  }
  return source->texts;
}

/* Half of the time small groups, some of which add up to the parameters that there are. */
static const sct_optim_group *pick_optim_groups(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  const bool sane = draw(source, 2) == 0;
  for (int i = 0; i < kHandles; ++i) {
    source->groups[i] =
        (sct_optim_group){.count = sane ? (int64_t)draw(source, 3) : pick_int64(source),
                          .weight_decay = sane ? 0.5 : pick_double(source),
                          .adapt = pick_bool(source)};
  }
  return source->groups;
}

/* Small enough for 8 views to fit into `memory`. */
static int32_t pick_size(Source *source) {
  static const int32_t kPool[] = {1, 2, 3, 3, 2, 1, 0, -1, INT_MIN, 4097};
  return kPool[draw(source, 10)];
}

static float pick_float(Source *source) {
  static const float kPool[] = {0, 0.5F, 1, 0.25F, 2, -1, 1e30F};
  return kPool[draw(source, 7)];
}

static const sct_augment_format *pick_augment_format(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  source->format = (sct_augment_format){.size = pick_size(source),
                                        .dtype = draw(source, 8) == 0   ? pick_int32(source)
                                                 : draw(source, 2) == 0 ? SCT_BFLOAT16
                                                                        : SCT_FLOAT32,
                                        .channels_last = (int32_t)draw(source, 2),
                                        .interpolation = (int32_t)draw(source, 4),
                                        .normalize = (int32_t)draw(source, 2),
                                        .mean = {pick_float(source)},
                                        .std = {1, 1, pick_float(source)},
                                        .isa = (int32_t)draw(source, 5)};
  return &source->format;
}

/* Half of the views lie within their images, so that some of the calls get through. */
static const sct_augment_view *pick_augment_views(Source *source, bool needed) {
  if (null_now(source, needed)) {
    return NULL;
  }
  for (int i = 0; i < kHandles; ++i) {
    sct_augment_view *view = &source->views[i];
    const bool good = draw(source, 8) != 0;
    *view = (sct_augment_view){.image = draw(source, 16) == 0 ? NULL : source->memory + 2048,
                               .image_height = good ? 3 : pick_size(source),
                               .image_width = good ? 3 : pick_size(source),
                               .top = good ? 1 : pick_size(source),
                               .left = good ? 0 : pick_size(source),
                               .height = good ? 2 : pick_size(source),
                               .width = good ? 3 : pick_size(source),
                               .full_height = source->format.size,
                               .full_width = good ? source->format.size : pick_int64(source),
                               .window_left = good ? 0 : pick_int64(source),
                               .row = good ? 0 : pick_int64(source),
                               .flip = good ? 1 : pick_size(source),
                               .op_count = good ? 2 : pick_size(source)};
    for (int j = 0; j < 4; ++j) {
      view->ops[j] = (sct_augment_op){.kind = (int32_t)draw(source, 18) - 1,
                                      .value = pick_float(source),
                                      .integers = {pick_size(source), 0, 1, pick_size(source)}};
    }
  }
  return source->views;
}

/* Memory without a type, which need not be aligned. */
static void *pick_memory(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : source->memory + (draw(source, 8) == 0 ? 1 : 0);
}

static int64_t *pick_ids(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : (int64_t *)(void *)source->memory;
}

static void *pick_result(Source *source, bool needed) {
  return null_now(source, needed) ? NULL : source->cell[source->cells++];
}

#include "robustness_calls.inc"

enum { kFunctionCount = sizeof(kFunctions) / sizeof(kFunctions[0]) };

static void make_tensors(Source *source) {
  OK(sct_ones(SIZES(2, 3, 4, 4), 4, SCT_FLOAT32, SCT_CPU, -1, &source->tensors[0]));
  OK(sct_ones(SIZES(4, 6), 2, SCT_FLOAT32, SCT_CPU, -1, &source->tensors[1]));
  OK(sct_ones(SIZES(6), 1, SCT_FLOAT64, SCT_CPU, -1, &source->tensors[2]));
  OK(sct_arange(0, 4, 1, SCT_INT64, SCT_CPU, -1, &source->tensors[3]));
  OK(sct_ones(SIZES(4, 6), 2, SCT_BOOL, SCT_CPU, -1, &source->tensors[4]));
  OK(sct_ones(SIZES(0, 3), 2, SCT_FLOAT32, SCT_CPU, -1, &source->tensors[5]));
  OK(sct_full(NULL, 0, 2, SCT_FLOAT32, SCT_CPU, -1, &source->tensors[6]));
  OK(sct_ones(SIZES(3, 3, 1, 1), 4, SCT_FLOAT32, SCT_CPU, -1, &source->tensors[7]));
  OK(sct_set_requires_grad(source->tensors[1], true));
  OK(sct_tensor_alias(source->tensors[0], &source->freed));
  drop(&source->freed);
}

static bool returns(const char *name, const char *const *list) {
  for (; *list != NULL; ++list) {
    if (strcmp(*list, name) == 0) {
      return true;
    }
  }
  return false;
}

/* Frees what a successful call has put into the cells. */
static void take_results(Source *source, const Function *function) {
  static const char *const kRegions[] = {"sct_grad_mode_enter", "sct_inference_mode_enter",
                                         "sct_autocast_enter", NULL};
  static const char *const kNoHandles[] = {"sct_augment_isa",
                                           "sct_torch_loaded_version",
                                           "sct_build_info",
                                           "sct_cpu_capability",
                                           "sct_cpu_features",
                                           "sct_tensor_describe",
                                           "sct_tensor_data",
                                           "sct_item_double",
                                           "sct_item_int64",
                                           "sct_live_handles",
                                           "sct_released_drain",
                                           "sct_released_pending",
                                           "sct_cpu_allocator_statistics",
                                           "sct_grad_enabled",
                                           "sct_autocast_set_cache_enabled",
                                           "sct_grad_norm",
                                           "sct_op_find",
                                           "sct_op_schema",
                                           "sct_op_result_count",
                                           "sct_num_threads",
                                           "sct_num_interop_threads",
                                           "sct_parallel_width",
                                           "sct_deterministic",
                                           "sct_equal",
                                           "sct_allclose",
                                           "sct_cuda_is_available",
                                           "sct_cuda_device_count",
                                           "sct_cuda_is_loaded",
                                           "sct_is_pinned",
                                           NULL};
  if (returns(function->name, kNoHandles)) {
    return;
  }
  if (returns(function->name, kRegions)) {
    sct_region region = NULL;
    memcpy(&region, source->cell[0], sizeof(region));
    OK(sct_region_leave(&region));
    return;
  }
  if (strcmp(function->name, "sct_op_call") == 0) {
    sct_value *values = (sct_value *)(void *)source->cell[0];
    for (int i = 0; i < 2; ++i) {
      if (values[i].kind == SCT_VALUE_TENSOR) {
        sct_tensor handle = values[i].pointer;
        OK(sct_tensor_free(&handle, 1));
      }
    }
    OK(sct_values_free(values, 2));
    return;
  }
  const bool many =
      strcmp(function->name, "sct_chunk") == 0 || strcmp(function->name, "sct_autograd_grad") == 0;
  const int cells = strcmp(function->name, "sct_chunk") == 0 ? 1 : source->cells;
  for (int i = 0; i < cells; ++i) {
    OK(sct_tensor_free((sct_tensor *)(void *)source->cell[i], many ? kHandles : 1));
  }
}

static void one_call(Source *source, const Function *function, int null_at) {
  source->null_at = null_at;
  source->pointers = 0;
  source->cells = 0;
  source->refused_needed = false;
  memset(source->cell, 0, sizeof(source->cell));
  const uint64_t random = source->random;
  const sct_status status = function->call(source);
  if (status < SCT_OK || status > SCT_INTERNAL) {
    FAIL_AT("%s: status %d", function->name, status);
  }
  if (status == SCT_OK && source->refused_needed) {
    FAIL_AT("%s took NULL for an argument that it needs (random state %llu)", function->name,
            (unsigned long long)random);
  }
  if (status != SCT_OK && sct_last_error()[0] == '\0') {
    FAIL_AT("%s failed without a text", function->name);
  }
  if (status == SCT_OK) {
    take_results(source, function);
  }
}

/* Absurd shapes are those that this does not allow. Under a sanitizer, whose shadow memory is part
 * of the address space, the sanitizer's own limit takes its place. */
static void limit_memory(void) {
#ifndef __SANITIZE_ADDRESS__
  const rlim_t gigabytes = (rlim_t)4 << 30;
  const struct rlimit limit = {gigabytes, gigabytes};
  CHECK_INT(setrlimit(RLIMIT_AS, &limit), 0);
#endif
}

int main(int argc, char **argv) {
  static Source source;
  source.random = argc > 1 ? strtoull(argv[1], NULL, 10) : 20200213;
  const long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 40;
  const char *only = argc > 3 ? argv[3] : NULL;
  OK(sct_op_find("aten::add", "Tensor", &source.ops[0]));
  OK(sct_op_find("aten::cat", "", &source.ops[1]));
  OK(sct_op_find("aten::topk", "", &source.ops[2]));
  limit_memory();
  for (long round = 0; round < rounds; ++round) {
    for (int f = 0; f < kFunctionCount; ++f) {
      if (only != NULL && strcmp(only, kFunctions[f].name) != 0) {
        continue;
      }
      if (argc > 3) {
        fprintf(stderr, "%s %llu\n", kFunctions[f].name, (unsigned long long)source.random);
      }
      make_tensors(&source);
      /* One NULL at each place in turn, then none. */
      for (int null_at = 0; null_at < 10; ++null_at) {
        one_call(&source, &kFunctions[f], null_at);
        if (source.pointers <= null_at) {
          break;
        }
      }
      OK(sct_tensor_free(source.tensors, kTensors));
      OK(sct_tensor_free(source.owned, kHandles));
      OK(sct_values_free(source.results, kRoom));
      if (live_handles() != 0) {
        FAIL_AT("%s leaks handles", kFunctions[f].name);
        return CHECK_RESULT;
      }
    }
  }
  OK(sct_cpu_allocator_enable(false, 0));
  printf("%d functions, %ld rounds\n", kFunctionCount, rounds);
  return CHECK_RESULT;
}
