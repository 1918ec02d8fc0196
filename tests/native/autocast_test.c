/* Autocast: nesting, and the cache of converted weights, which must never be stale. */
#include "tensors.h"

static const double kOne = 1;

static sct_region enter(bool enabled) {
  sct_region region = NULL;
  OK(sct_autocast_enter(SCT_CPU, SCT_BFLOAT16, enabled, &region));
  return region;
}

/* x w^T, 1 by 1. */
static double forward(sct_tensor x, sct_tensor w, int32_t expected_dtype) {
  sct_tensor y = NULL;
  OK(sct_linear(x, w, NULL, &y));
  CHECK_INT(dtype_of(y), expected_dtype);
  const double value = value_of(y);
  drop(&y);
  return value;
}

static void regions_nest(void) {
  sct_tensor x = matrix(&kOne, 1, 1, SCT_FLOAT32);
  sct_tensor w = matrix(&kOne, 1, 1, SCT_FLOAT32);
  forward(x, w, SCT_FLOAT32);
  sct_region outer = enter(true);
  forward(x, w, SCT_BFLOAT16);
  sct_region inner = enter(false);
  forward(x, w, SCT_FLOAT32);
  OK(sct_region_leave(&inner));
  forward(x, w, SCT_BFLOAT16);
  OK(sct_region_leave(&outer));
  forward(x, w, SCT_FLOAT32);
  sct_region none = NULL;
  FAILS(SCT_INVALID_ARGUMENT, sct_autocast_enter(SCT_CPU, SCT_FLOAT32, true, &none));
  FAILS(SCT_INVALID_ARGUMENT, sct_autocast_enter(7, SCT_BFLOAT16, true, &none));
  drop(&x);
  drop(&w);
}

/* Between two forwards in one region the weight changes in place; the second must see it. */
static void optimizer_steps_reach_the_cache(void) {
  sct_tensor x = matrix(&kOne, 1, 1, SCT_FLOAT32);
  sct_tensor w = matrix(&kOne, 1, 1, SCT_FLOAT32);
  sct_tensor grad = matrix(&kOne, 1, 1, SCT_FLOAT32);
  OK(sct_set_requires_grad(w, true));
  OK(sct_set_grad(w, grad));
  sct_region region = enter(true);
  CLOSE(forward(x, w, SCT_BFLOAT16), 1, 0, 0);
  const sct_optim_group group = {1, 0, false};
  sct_tensor lr = NULL;
  OK(sct_full(NULL, 0, 2, SCT_FLOAT32, SCT_CPU, -1, &lr));
  OK(sct_sgd_step(&w, NULL, 1, &group, 1, lr, 0, false));
  CLOSE(forward(x, w, SCT_BFLOAT16), -1, 0, 0);

  /* A change that nobody announces goes unseen, which is what the cache is for... */
  sct_region no_grad = NULL;
  OK(sct_grad_mode_enter(false, &no_grad));
  OK(sct_fill_(w, 3));
  OK(sct_region_leave(&no_grad));
  CLOSE(forward(x, w, SCT_BFLOAT16), -1, 0, 0);
  /* ... until it is cleared. */
  OK(sct_autocast_clear_cache());
  CLOSE(forward(x, w, SCT_BFLOAT16), 3, 0, 0);

  /* Leaving an inner region keeps the cache, leaving the outermost clears it. */
  OK(sct_grad_mode_enter(false, &no_grad));
  OK(sct_fill_(w, 5));
  OK(sct_region_leave(&no_grad));
  sct_region inner = enter(true);
  OK(sct_region_leave(&inner));
  CLOSE(forward(x, w, SCT_BFLOAT16), 3, 0, 0);
  OK(sct_region_leave(&region));
  region = enter(true);
  CLOSE(forward(x, w, SCT_BFLOAT16), 5, 0, 0);
  OK(sct_region_leave(&region));
  sct_tensor all[] = {x, w, grad, lr};
  OK(sct_tensor_free(all, 4));
}

static void cache_can_be_off(void) {
  sct_tensor x = matrix(&kOne, 1, 1, SCT_FLOAT32);
  sct_tensor w = matrix(&kOne, 1, 1, SCT_FLOAT32);
  OK(sct_set_requires_grad(w, true));
  bool previous = false;
  OK(sct_autocast_set_cache_enabled(false, &previous));
  CHECK(previous);
  sct_region region = enter(true);
  CLOSE(forward(x, w, SCT_BFLOAT16), 1, 0, 0);
  sct_region no_grad = NULL;
  OK(sct_grad_mode_enter(false, &no_grad));
  OK(sct_fill_(w, 2));
  OK(sct_region_leave(&no_grad));
  CLOSE(forward(x, w, SCT_BFLOAT16), 2, 0, 0);
  OK(sct_region_leave(&region));
  OK(sct_autocast_set_cache_enabled(true, &previous));
  CHECK(!previous);
  drop(&x);
  drop(&w);
}

int main(void) {
  regions_nest();
  optimizer_steps_reach_the_cache();
  cache_can_be_off();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
