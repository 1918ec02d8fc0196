/* No loss holds a matrix of similarities: what a forward and backward pass adds to the memory of a
 * process that has done nothing else. */
#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tensors.h"

enum { kRows = 8192, kColumns = 128 };

/* A line of /proc/self/status, in MiB. */
static double status_of(const char *name) {
  FILE *file = fopen("/proc/self/status", "r");
  CHECK(file != NULL);
  char line[256];
  double kibibytes = NAN;
  while (fgets(line, sizeof(line), file) != NULL) {
    if (strncmp(line, name, strlen(name)) == 0) {
      kibibytes = strtod(line + strlen(name), NULL);
    }
  }
  CHECK_INT(fclose(file), 0);
  CHECK(isfinite(kibibytes));
  return kibibytes / 1024;
}

/* Makes the peak what is resident now. */
static void reset_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  CHECK(file != NULL);
  CHECK(fputs("5", file) >= 0);
  CHECK_INT(fclose(file), 0);
}

static sct_tensor embeddings(int64_t rows, int32_t dtype) {
  sct_tensor z = NULL;
  OK(sct_empty(SIZES(rows, kColumns), 2, dtype, SCT_CPU, -1, SCT_CONTIGUOUS, &z));
  OK(sct_normal_(z, 0, 1, 1));
  OK(sct_set_requires_grad(z, true));
  return z;
}

/* int64 [rows]: (row * factor + shift) modulo `modulus`. */
static sct_tensor indices(int64_t rows, int64_t factor, int64_t shift, int64_t modulus) {
  int64_t *numbers = malloc((size_t)rows * sizeof(int64_t));
  CHECK(numbers != NULL);
  for (int64_t row = 0; row < rows; ++row) {
    numbers[row] = (row * factor + shift) % modulus;
  }
  sct_tensor out = NULL;
  OK(sct_tensor_from_data(numbers, rows * (int64_t)sizeof(int64_t), SIZES(rows), 1, SCT_INT64,
                          &out));
  free(numbers);
  return out;
}

/* A loss of `z`, of `rows` rows, and up to three tensors more from `out[1]` on. */
typedef void (*Loss)(sct_tensor z, int64_t rows, sct_tensor *out);

static void nt_xent(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_nt_xent(z, 0.5, &out[0], &out[1], &out[2]));
}

static void dcl(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_dcl(z, 0.5, &out[0], &out[1], &out[2]));
}

static void sup_con(sct_tensor z, int64_t rows, int64_t labels, sct_tensor *out) {
  sct_tensor label = indices(rows, 1, 0, labels);
  OK(sct_sup_con(z, label, 0.5, &out[0], &out[1]));
  drop(&label);
}

static void sup_con_of_two_views(sct_tensor z, int64_t rows, sct_tensor *out) {
  sup_con(z, rows, rows / 2, out);
}

static void sup_con_of_measured_views(sct_tensor z, int64_t rows, sct_tensor *out) {
  sct_tensor label = indices(rows, 1, 0, rows / 2);
  OK(sct_sup_con_views(z, label, 2, 0.5, &out[0], &out[1], &out[2], &out[3]));
  drop(&label);
}

static void sup_con_of_ten_classes(sct_tensor z, int64_t rows, sct_tensor *out) {
  sup_con(z, rows, 10, out);
}

static void sup_con_without_anchors(sct_tensor z, int64_t rows, sct_tensor *out) {
  sup_con(z, rows, rows, out);
}

static void dclw(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_dclw(z, 0.5, 0.5, &out[0], &out[1], &out[2]));
}

static void dhel(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_dhel(z, 0.5, &out[0]));
}

static void hcl(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_hcl(z, 0.5, 0.1, 1, &out[0], &out[1], &out[2]));
}

static void no_l2_norm(sct_tensor z, int64_t rows, sct_tensor *out) {
  (void)rows;
  OK(sct_nt_xent_no_l2_norm(z, 30, &out[0], &out[1], &out[2]));
}

/* As many negatives again, which are not in the batch. */
static void queue(sct_tensor z, int64_t rows, sct_tensor *out) {
  sct_tensor more = embeddings(rows, SCT_FLOAT32);
  OK(sct_nt_xent_queue(z, more, 0.5, &out[0], &out[1], &out[2]));
  drop(&more);
}

/* The same with indices of what is an anchor's positive, and of itself. */
static void candidates(sct_tensor z, int64_t rows, sct_tensor *out) {
  sct_tensor more = embeddings(rows, SCT_FLOAT32);
  OK(sct_set_requires_grad(more, false));
  sct_tensor all = NULL;
  OK(sct_cat(((sct_tensor[]){z, more}), 2, 0, &all));
  sct_tensor positives = indices(rows, 1, rows / 2, rows);
  sct_tensor excluded = indices(rows, 1, 0, rows);
  OK(sct_nt_xent_candidates(z, all, positives, excluded, 0.5, &out[0]));
  drop(&excluded);
  drop(&positives);
  drop(&all);
  drop(&more);
}

static double differentiate(Loss loss, sct_tensor z, int64_t rows) {
  sct_tensor out[4] = {NULL, NULL, NULL, NULL};
  loss(z, rows, out);
  OK(sct_backward(out[0], NULL, false));
  const double value = value_of(out[0]);
  for (int i = 0; i < 4; ++i) {
    if (out[i] != NULL) {
      drop(&out[i]);
    }
  }
  return value;
}

/* `expected` is the loss of random directions: in 128 dimensions the mean of exp(cosine / t) is
 * exp(1 / (2 128 t^2)), and of exp(product / t) it is exp(128 / (2 t^2)). The weights of DCLW and
 * HCL follow the similarities, which adds about 1/32. The gradient itself counts. */
static void measure(const char *name, Loss loss, int64_t rows, int32_t dtype, double mebibytes,
                    double expected) {
  sct_tensor few = embeddings(64, dtype);
  differentiate(loss, few, 64); /* what is loaded on first use */
  drop(&few);
  sct_tensor z = embeddings(rows, dtype);
  reset_peak();
  const double before = status_of("VmRSS:");
  const double value = differentiate(loss, z, rows);
  const double extra = status_of("VmHWM:") - before;
  printf("%s of %lld rows: %.1f MiB, loss %.4f\n", name, (long long)rows, extra, value);
  fflush(stdout);
  CHECK(extra > 0);
  CHECK(extra <= mebibytes);
  if (isnan(expected)) {
    CHECK(isnan(value));
  } else {
    CLOSE(value, expected, 1e-2, 0);
  }
  drop(&z);
  CHECK_INT(live_handles(), 0);
}

/* In a process of its own, since memory that is freed may stay resident. */
static void adds_at_most(const char *name, Loss loss, int64_t rows, int32_t dtype, double mebibytes,
                         double expected) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    check_failures = 0;
    measure(name, loss, rows, dtype, mebibytes, expected);
    exit(CHECK_RESULT);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

int main(void) {
  const double random = log(kRows - 2) + 1.0 / 64;
  adds_at_most("NT-Xent", nt_xent, kRows, SCT_FLOAT32, 24, random);
  adds_at_most("NT-Xent", nt_xent, 65536, SCT_FLOAT32, 128, log(65534) + 1.0 / 64);
  /* Any device and type but float32 on the CPU; a matrix would be 512 MiB. */
  adds_at_most("NT-Xent in float64", nt_xent, kRows, SCT_FLOAT64, 80, random);
  /* In float32 a matrix would be 256 MiB. */
  adds_at_most("DCL", dcl, kRows, SCT_FLOAT32, 24, random);
  adds_at_most("SupCon, two views", sup_con_of_two_views, kRows, SCT_FLOAT32, 24, random);
  adds_at_most("SupCon, measured", sup_con_of_measured_views, kRows, SCT_FLOAT32, 24, random);
  adds_at_most("SupCon, ten classes", sup_con_of_ten_classes, kRows, SCT_FLOAT32, 24, random);
  adds_at_most("SupCon, no anchors", sup_con_without_anchors, kRows, SCT_FLOAT32, 24, NAN);
  adds_at_most("DCLW", dclw, kRows, SCT_FLOAT32, 128, random + 1.0 / 32);
  adds_at_most("DHEL", dhel, kRows, SCT_FLOAT32, 128, log(kRows / 2 - 1) + 1.0 / 64);
  adds_at_most("HCL", hcl, kRows, SCT_FLOAT32, 128, log(kRows - 2) + 0.05);
  adds_at_most("queue", queue, kRows, SCT_FLOAT32, 32, random + log(2));
  adds_at_most("candidates", candidates, kRows, SCT_FLOAT32, 256, random + log(2));
  adds_at_most("no L2 norm", no_l2_norm, kRows, SCT_FLOAT32, 128, log(kRows - 2) + 64.0 / 900);
  return CHECK_RESULT;
}
