/* Wrapped memory is released once, at the right time; the caching allocator reuses and gives back.
 */
#define _DEFAULT_SOURCE /* mmap and madvise of Linux, beside what C11 has */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tensors.h"

static int64_t drained(int64_t *ids, int64_t capacity) {
  int64_t count = -1;
  OK(sct_released_drain(ids, capacity, &count));
  return count;
}

static void wraps_until_the_last_view_dies(void) {
  float memory[6] = {0, 1, 2, 3, 4, 5};
  int64_t ids[4];
  sct_tensor t = NULL;
  sct_tensor view = NULL;
  OK(sct_tensor_wrap(memory, sizeof(memory), SIZES(2, 3), NULL, 2, SCT_FLOAT32, 41, &t));
  OK(sct_select(t, 0, 1, &view));
  void *data = NULL;
  OK(sct_tensor_data(t, &data));
  CHECK(data == memory);
  drop(&t);
  CHECK_INT(drained(ids, 4), 0);
  OK(sct_fill_(view, 9));
  CHECK(memory[2] == 2 && memory[3] == 9 && memory[5] == 9);
  drop(&view);
  int64_t pending = -1;
  OK(sct_released_pending(&pending));
  CHECK_INT(pending, 1);
  CHECK_INT(drained(ids, 0), 0);
  CHECK_INT(drained(ids, 4), 1);
  CHECK_INT(ids[0], 41);
  CHECK_INT(drained(ids, 4), 0);
}

static void wraps_only_what_fits(void) {
  float memory[6] = {0};
  sct_tensor t = NULL;
  const int64_t bytes = sizeof(memory);
  const int64_t huge = INT64_MAX;
  char *bytewise = (char *)memory;
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(memory, bytes - 1, SIZES(6), NULL, 1, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(memory, bytes, SIZES(2, 3), SIZES(4, 1), 2, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(memory, bytes, SIZES(2), SIZES(-1), 1, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(memory, huge, SIZES(huge, 2), NULL, 2, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(memory, huge, SIZES(huge), SIZES(huge), 1, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_tensor_wrap(bytewise + 1, bytes - 1, SIZES(2), NULL, 1, SCT_FLOAT32, 1, &t));
  FAILS(SCT_INVALID_ARGUMENT, sct_tensor_wrap(NULL, bytes, SIZES(2), NULL, 1, SCT_FLOAT32, 1, &t));
  int64_t id = 0;
  CHECK_INT(drained(&id, 1), 0);
  OK(sct_tensor_wrap(NULL, 0, SIZES(0, 3), NULL, 2, SCT_FLOAT32, 2, &t));
  drop(&t);
  CHECK_INT(drained(&id, 1), 1);
  CHECK_INT(id, 2);
}

static sct_cpu_allocator_stats statistics(void) {
  sct_cpu_allocator_stats stats;
  OK(sct_cpu_allocator_statistics(&stats));
  return stats;
}

static sct_tensor megabytes(int64_t count) {
  sct_tensor t = NULL;
  OK(sct_empty(SIZES(count << 20), 1, SCT_UINT8, SCT_CPU, -1, SCT_CONTIGUOUS, &t));
  return t;
}

static void reuses_large_blocks(void) {
  OK(sct_cpu_allocator_enable(true, (int64_t)16 << 20));
  const sct_cpu_allocator_stats before = statistics();
  sct_tensor t = megabytes(4);
  void *first = NULL;
  void *second = NULL;
  OK(sct_tensor_data(t, &first));
  drop(&t);
  CHECK_INT(statistics().cached_bytes, (int64_t)4 << 20);
  t = megabytes(4);
  OK(sct_tensor_data(t, &second));
  CHECK(first == second);
  CHECK_INT(statistics().hits - before.hits, 1);
  CHECK_INT(statistics().misses - before.misses, 1);
  CHECK_INT(statistics().active_bytes - before.active_bytes, (int64_t)4 << 20);
  CHECK_INT(statistics().cached_bytes, 0);
  drop(&t);
}

static FILE *opened(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  return file;
}

/* Whether the kernel has been asked for huge pages where `data` is. */
static bool asked_for_huge_pages(const void *data) {
  FILE *maps = opened("/proc/self/smaps");
  char line[512];
  bool here = false;
  bool asked = false;
  while (fgets(line, sizeof line, maps) != NULL) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
      here = begin <= (uintptr_t)data && (uintptr_t)data < end;
    } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
      asked = strstr(line, " hg") != NULL;
    }
  }
  fclose(maps);
  return asked;
}

/* From 64 KiB on; below, malloc does as well. */
static void keeps_blocks_from_64_kib_on(void) {
  OK(sct_cpu_allocator_trim(0));
  const int64_t sizes[] = {64 << 10, 100 << 10, (64 << 10) - 1};
  const int64_t expected[] = {64 << 10, 104 << 10, 0}; /* an eighth of 64 KiB between two classes */
  for (int i = 0; i < 3; ++i) {
    sct_tensor t = NULL;
    OK(sct_empty(SIZES(sizes[i]), 1, SCT_UINT8, SCT_CPU, -1, SCT_CONTIGUOUS, &t));
    drop(&t);
    CHECK_INT(statistics().cached_bytes, expected[i]);
    OK(sct_cpu_allocator_trim(0));
  }
}

/* Whether the kernel knows huge pages. */
static bool huge_pages_exist(void) {
  const size_t bytes = (size_t)4 << 20;
  void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool exist = madvise(pages, bytes, MADV_HUGEPAGE) == 0;
  munmap(pages, bytes);
  return exist;
}

static void large_blocks_ask_for_huge_pages(void) {
  const bool exist = huge_pages_exist();
  OK(sct_cpu_allocator_trim(0));
  sct_tensor t = megabytes(5);
  char *data = NULL;
  OK(sct_tensor_data(t, (void **)&data));
  CHECK_INT((uintptr_t)data % (2 << 20), 0);
  CHECK_INT(asked_for_huge_pages(data), exist);
  CHECK_INT(asked_for_huge_pages(data + (4 << 20) - 1), exist);
  CHECK(!asked_for_huge_pages(data + (4 << 20))); /* the rest is too small for one */
  OK(sct_fill_(t, 3));
  CHECK_INT(data[(5 << 20) - 1], 3);
  drop(&t);
  /* The class of 17 MiB has 18, of which the last would be another huge page. */
  t = megabytes(17);
  OK(sct_tensor_data(t, (void **)&data));
  CHECK_INT(asked_for_huge_pages(data + (16 << 20) - 1), exist);
  CHECK(!asked_for_huge_pages(data + (16 << 20)));
  drop(&t);
}

#if !defined(__SANITIZE_ADDRESS__)
static int64_t mapped_pages(void) {
  FILE *file = opened("/proc/self/statm");
  int64_t pages = 0;
  CHECK_INT(fscanf(file, "%" SCNd64, &pages), 1);
  fclose(file);
  return pages;
}
#endif

/* Neither they nor what was mapped around them to begin at a huge page. */
static void released_blocks_are_unmapped(void) {
#if !defined(__SANITIZE_ADDRESS__) /* which keeps what is freed for a while */
  OK(sct_cpu_allocator_trim(0));
  const int64_t before = mapped_pages();
  for (int i = 0; i < 100; ++i) {
    sct_tensor t = megabytes(5);
    drop(&t);
    OK(sct_cpu_allocator_trim(0));
  }
  CHECK(mapped_pages() - before < 100 * 512 / 2); /* half a huge page each */
#endif
}

/* The limit holds, the blocks unused for longest go first, and blocks above it are never kept. */
static void cache_is_bounded(void) {
  OK(sct_cpu_allocator_trim(0));
  sct_tensor blocks[] = {megabytes(6), megabytes(7), megabytes(8)};
  OK(sct_tensor_free(blocks, 3));
  CHECK_INT(statistics().cached_bytes, (int64_t)15 << 20);
  sct_tensor large = megabytes(17);
  drop(&large);
  CHECK_INT(statistics().cached_bytes, (int64_t)15 << 20);
  OK(sct_cpu_allocator_trim((int64_t)8 << 20));
  CHECK_INT(statistics().cached_bytes, (int64_t)8 << 20);
  FAILS(SCT_INVALID_ARGUMENT, sct_cpu_allocator_trim(-1));
  FAILS(SCT_INVALID_ARGUMENT, sct_cpu_allocator_enable(true, -1));
}

static void tensors_outlive_the_switch(void) {
  sct_tensor during = megabytes(3);
  OK(sct_cpu_allocator_enable(false, 0));
  CHECK_INT(statistics().cached_bytes, 0);
  sct_tensor after = megabytes(3);
  const int64_t active = statistics().active_bytes;
  OK(sct_fill_(during, 1));
  drop(&during);
  CHECK_INT(statistics().active_bytes, active - ((int64_t)3 << 20));
  CHECK_INT(statistics().cached_bytes, 0);
  OK(sct_cpu_allocator_enable(true, (int64_t)16 << 20));
  drop(&after);
  CHECK_INT(statistics().active_bytes, 0);
}

/* oneDNN's scratch memory comes and goes through the allocator's raw pointers. */
static void serves_onednn(void) {
  sct_tensor input = NULL;
  sct_tensor weight = NULL;
  sct_tensor output = NULL;
  sct_tensor largest = NULL;
  OK(sct_ones(SIZES(16, 32, 64, 64), 4, SCT_FLOAT32, SCT_CPU, -1, &input));
  OK(sct_ones(SIZES(32, 32, 3, 3), 4, SCT_FLOAT32, SCT_CPU, -1, &weight));
  OK(sct_conv2d(input, weight, NULL, SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, &output));
  OK(sct_amax(output, NULL, 0, false, &largest));
  CLOSE(value_of(largest), 32 * 9, 0, 1e-6);
  sct_tensor all[] = {input, weight, output, largest};
  OK(sct_tensor_free(all, 4));
  CHECK_INT(statistics().active_bytes, 0);
}

/* What one thread fills, no other thread sees. */
static void *allocate_and_verify(void *argument) {
  const double mark = *(const double *)argument;
  for (int i = 0; i < 200; ++i) {
    sct_tensor t = megabytes(1 + i % 3);
    OK(sct_fill_(t, mark));
    sct_tensor least = NULL;
    sct_tensor most = NULL;
    OK(sct_amin(t, NULL, 0, false, &least));
    OK(sct_amax(t, NULL, 0, false, &most));
    CHECK(value_of(least) == mark && value_of(most) == mark);
    sct_tensor all[] = {t, least, most};
    OK(sct_tensor_free(all, 3));
  }
  return NULL;
}

static void threads_share_the_cache(void) {
  double marks[] = {1, 2, 3, 4};
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) {
    CHECK_INT(pthread_create(&threads[i], NULL, allocate_and_verify, &marks[i]), 0);
  }
  for (int i = 0; i < 4; ++i) {
    CHECK_INT(pthread_join(threads[i], NULL), 0);
  }
  CHECK_INT(statistics().active_bytes, 0);
  CHECK(statistics().cached_bytes <= (int64_t)16 << 20);
}

int main(void) {
  wraps_until_the_last_view_dies();
  wraps_only_what_fits();
  reuses_large_blocks();
  keeps_blocks_from_64_kib_on();
  large_blocks_ask_for_huge_pages();
  released_blocks_are_unmapped();
  cache_is_bounded();
  tensors_outlive_the_switch();
  serves_onednn();
  threads_share_the_cache();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
