/* NT-Xent holds no matrix of similarities: what a forward and backward pass adds to the memory of a
 * process that has done nothing else. */
#include <sys/resource.h>

#include "tensors.h"

static double peak_mebibytes(void) {
  struct rusage usage;
  CHECK_INT(getrusage(RUSAGE_SELF, &usage), 0);
  return (double)usage.ru_maxrss / 1024;
}

static sct_tensor embeddings(int64_t rows, int32_t dtype) {
  sct_tensor z = NULL;
  OK(sct_empty(SIZES(rows, 128), 2, dtype, SCT_CPU, -1, SCT_CONTIGUOUS, &z));
  OK(sct_normal_(z, 0, 1, 1));
  OK(sct_set_requires_grad(z, true));
  return z;
}

static double differentiate(sct_tensor z) {
  sct_tensor out[3] = {NULL, NULL, NULL};
  OK(sct_nt_xent(z, 0.5, &out[0], &out[1], &out[2]));
  OK(sct_backward(out[0], NULL, false));
  const double loss = value_of(out[0]);
  OK(sct_tensor_free(out, 3));
  return loss;
}

/* The gradient itself counts. */
static void adds_at_most(int64_t rows, int32_t dtype, double mebibytes) {
  sct_tensor z = embeddings(rows, dtype);
  const double before = peak_mebibytes();
  const double loss = differentiate(z);
  const double extra = peak_mebibytes() - before;
  printf("%lld rows: %.1f MiB\n", (long long)rows, extra);
  CHECK(extra <= mebibytes);
  /* Random directions in 128 dimensions: the mean of exp(cosine / 0.5) is exp(1 / (2 128 0.25)). */
  CLOSE(loss, log((double)(rows - 2)) + 1.0 / 64, 1e-2, 0);
  drop(&z);
}

int main(void) {
  sct_tensor few = embeddings(64, SCT_FLOAT32);
  differentiate(few); /* what is loaded on first use */
  drop(&few);
  adds_at_most(8192, SCT_FLOAT32, 24);
  /* Any device and type but float32 on the CPU; a matrix would be 512 MiB. */
  adds_at_most(8192, SCT_FLOAT64, 64);
  /* Last: what a peak hides is what comes after it. */
  adds_at_most(65536, SCT_FLOAT32, 128);
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
