/* Gradients, and the regions that switch their recording. */
#include <pthread.h>

#include "tensors.h"

/* d/dx sum(x^2 y) = 2 x y */
static void differentiates(void) {
  const double xs[] = {1, -2, 3};
  const double ys[] = {4, 5, 6};
  sct_tensor x = matrix(xs, 1, 3, SCT_FLOAT64);
  sct_tensor y = matrix(ys, 1, 3, SCT_FLOAT64);
  sct_tensor square = NULL;
  sct_tensor product = NULL;
  sct_tensor sum = NULL;
  sct_tensor grad = NULL;
  OK(sct_set_requires_grad(x, true));
  OK(sct_grad(x, &grad));
  CHECK(grad == NULL);
  OK(sct_square(x, &square));
  OK(sct_mul(square, y, &product));
  OK(sct_sum(product, NULL, 0, false, &sum));
  double values[3];
  sct_tensor direct = NULL;
  OK(sct_autograd_grad(&sum, 1, &x, 1, NULL, true, false, false, &direct));
  values_of(direct, values);
  CLOSE_ALL(values, ((const double[]){8, -20, 36}), 3, 0, 1e-15);
  OK(sct_grad(x, &grad));
  CHECK(grad == NULL);
  OK(sct_backward(sum, NULL, true));
  OK(sct_backward(sum, NULL, false));
  OK(sct_grad(x, &grad));
  values_of(grad, values);
  CLOSE_ALL(values, ((const double[]){16, -40, 72}), 3, 0, 1e-15);
  CHECK(sct_backward(sum, NULL, false) != SCT_OK);
  CHECK(sct_backward(product, NULL, false) != SCT_OK);
  OK(sct_set_grad(x, NULL));
  drop(&grad);
  OK(sct_grad(x, &grad));
  CHECK(grad == NULL);
  FAILS(SCT_SHAPE, sct_set_grad(x, sum));
  CHECK(sct_set_requires_grad(product, false) != SCT_OK);
  sct_tensor all[] = {x, y, square, product, sum, direct};
  OK(sct_tensor_free(all, 6));
}

static bool recording(void) {
  bool enabled = false;
  OK(sct_grad_enabled(&enabled));
  return enabled;
}

static void regions_nest(void) {
  sct_region off = NULL;
  sct_region on = NULL;
  sct_region inference = NULL;
  CHECK(recording());
  OK(sct_grad_mode_enter(false, &off));
  CHECK(!recording());
  OK(sct_grad_mode_enter(true, &on));
  CHECK(recording());
  OK(sct_inference_mode_enter(&inference));
  CHECK(!recording());
  FAILS(SCT_INVALID_ARGUMENT, sct_region_leave(&off));
  CHECK(off != NULL && !recording());
  OK(sct_region_leave(&inference));
  CHECK(inference == NULL && recording());
  OK(sct_region_leave(&inference));
  OK(sct_region_leave(&on));
  CHECK(!recording());
  OK(sct_region_leave(&off));
  CHECK(recording());
}

static void *leave_elsewhere(void *region) {
  FAILS(SCT_INVALID_ARGUMENT, sct_region_leave(region));
  CHECK(recording());
  return NULL;
}

static void regions_belong_to_a_thread(void) {
  sct_region off = NULL;
  OK(sct_grad_mode_enter(false, &off));
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, leave_elsewhere, &off), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK(!recording());
  OK(sct_region_leave(&off));
}

int main(void) {
  differentiates();
  regions_nest();
  regions_belong_to_a_thread();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
