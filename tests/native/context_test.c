/* One OpenMP runtime, and a parallel loop of ours that really runs in parallel. */
#include <string.h>

#include "tensors.h"

/* Distinct files whose name holds `part` among the mappings of this process. */
static int mapped_files(const char *part) {
  char names[16][512];
  int count = 0;
  char line[1024];
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps != NULL);
  while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
    const char *path = strchr(line, '/');
    if (path == NULL || strstr(path, part) == NULL) {
      continue;
    }
    bool known = false;
    for (int i = 0; i < count; ++i) {
      known = known || strcmp(names[i], path) == 0;
    }
    if (!known && count < 16) {
      snprintf(names[count++], sizeof(names[0]), "%s", path);
    }
  }
  if (maps != NULL) {
    fclose(maps);
  }
  return count;
}

static void one_openmp_runtime(void) {
  CHECK_INT(mapped_files("libgomp"), 1);
  CHECK_INT(mapped_files("libiomp"), 0);
  CHECK_INT(mapped_files("libomp"), 0);
}

static void loops_use_all_threads(void) {
  int32_t threads = 0;
  int32_t width = 0;
  OK(sct_set_num_threads(2));
  OK(sct_num_threads(&threads));
  CHECK_INT(threads, 2);
  OK(sct_parallel_width(&width));
  CHECK_INT(width, 2);
  OK(sct_set_num_threads(1));
  OK(sct_parallel_width(&width));
  CHECK_INT(width, 1);
  FAILS(SCT_INVALID_ARGUMENT, sct_set_num_threads(0));
  FAILS(SCT_INVALID_ARGUMENT, sct_set_num_threads(INT32_MAX));
}

static void deterministic_switch(void) {
  bool deterministic = true;
  OK(sct_deterministic(&deterministic));
  CHECK(!deterministic);
  OK(sct_set_deterministic(true));
  OK(sct_deterministic(&deterministic));
  CHECK(deterministic);
  OK(sct_set_deterministic(false));
}

int main(void) {
  one_openmp_runtime();
  loops_use_all_threads();
  deterministic_switch();
  return CHECK_RESULT;
}
