/* The boxed call: arguments are checked against the schema, results come back typed. */
#include <string.h>

#include "tensors.h"

static sct_value tensor_value(sct_tensor t) {
  return (sct_value){.kind = SCT_VALUE_TENSOR, .pointer = t};
}

static sct_value int_value(int64_t i) { return (sct_value){.kind = SCT_VALUE_INT, .integer = i}; }

static sct_op find(const char *name, const char *overload) {
  sct_op op = NULL;
  OK(sct_op_find(name, overload, &op));
  return op;
}

static void finds_and_describes(void) {
  const sct_op topk = find("aten::topk", "");
  CHECK(topk == find("aten::topk", ""));
  const char *schema = NULL;
  OK(sct_op_schema(topk, &schema));
  CHECK(strstr(schema, "aten::topk(Tensor self, SymInt k") == schema);
  int64_t count = 0;
  OK(sct_op_result_count(topk, &count));
  CHECK_INT(count, 2);
  sct_op none = NULL;
  FAILS(SCT_NOT_FOUND, sct_op_find("aten::no_such_operator", "", &none));
  FAILS(SCT_NOT_FOUND, sct_op_find("aten::topk", "no_such_overload", &none));
  CHECK(strstr(sct_last_error(), "'values'") != NULL);
}

static void calls_with_defaults_and_names(void) {
  const double values[] = {3, 1, 2, 4, 6, 5};
  sct_tensor t = matrix(values, 2, 3, SCT_FLOAT32);
  const sct_op topk = find("aten::topk", "");
  const sct_value args[] = {tensor_value(t), int_value(1), {.kind = SCT_VALUE_BOOL, .integer = 0}};
  const char *const names[] = {NULL, NULL, "largest"};
  sct_value out[2];
  int64_t count = 0;
  OK(sct_op_call(topk, args, names, 3, out, 2, &count));
  CHECK_INT(count, 2);
  CHECK_INT(out[0].kind, SCT_VALUE_TENSOR);
  double smallest[2];
  values_of(out[0].pointer, smallest);
  CLOSE_ALL(smallest, ((const double[]){1, 4}), 2, 0, 0);
  sct_tensor results[] = {out[0].pointer, out[1].pointer, t};
  OK(sct_tensor_free(results, 3));
}

static void refuses_wrong_arguments(void) {
  const double values[] = {3, 1, 2};
  sct_tensor t = matrix(values, 1, 3, SCT_FLOAT32);
  const sct_op topk = find("aten::topk", "");
  sct_value out[2];
  int64_t count = 0;
  const sct_value wrong_type[] = {tensor_value(t), {.kind = SCT_VALUE_STRING}};
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, wrong_type, NULL, 2, out, 2, &count));
  CHECK(strstr(sct_last_error(), "'k'") != NULL);
  const sct_value too_few[] = {tensor_value(t)};
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, too_few, NULL, 1, out, 2, &count));
  CHECK(strstr(sct_last_error(), "'k'") != NULL);
  const sct_value none[] = {{.kind = SCT_VALUE_NONE}, int_value(1)};
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, none, NULL, 2, out, 2, &count));
  const sct_value unnamed[] = {tensor_value(t), int_value(1), int_value(0)};
  const char *const unknown[] = {NULL, NULL, "no_such_argument"};
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, unnamed, unknown, 3, out, 2, &count));
  const char *const positional_last[] = {NULL, "k", NULL};
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, unnamed, positional_last, 3, out, 2, &count));
  FAILS(SCT_INVALID_ARGUMENT, sct_op_call(topk, unnamed, NULL, 3, out, 1, &count));
  const sct_value absurd[] = {tensor_value(t), int_value(4)};
  CHECK(sct_op_call(topk, absurd, NULL, 2, out, 2, &count) != SCT_OK);
  drop(&t);
}

static void passes_lists(void) {
  const double values[] = {1, 2, 3, 4};
  sct_tensor t = matrix(values, 2, 2, SCT_FLOAT32);
  sct_tensor index = NULL;
  OK(sct_arange(1, -1, -1, SCT_INT64, SCT_CPU, -1, &index));
  sct_value out;
  int64_t count = 0;

  sct_tensor twice[] = {t, t};
  const sct_value cat_args[] = {{.kind = SCT_VALUE_TENSOR_LIST, .integer = 2, .pointer = twice},
                                int_value(1)};
  OK(sct_op_call(find("aten::cat", ""), cat_args, NULL, 2, &out, 1, &count));
  sct_tensor joined = out.pointer;
  double read[8];
  values_of(joined, read);
  CLOSE_ALL(read, ((const double[]){1, 2, 1, 2, 3, 4, 3, 4}), 8, 0, 0);

  /* t[:, index] */
  sct_tensor indices[] = {NULL, index};
  const sct_value index_args[] = {
      tensor_value(t), {.kind = SCT_VALUE_OPTIONAL_TENSOR_LIST, .integer = 2, .pointer = indices}};
  OK(sct_op_call(find("aten::index", "Tensor"), index_args, NULL, 2, &out, 1, &count));
  sct_tensor flipped = out.pointer;
  values_of(flipped, read);
  CLOSE_ALL(read, ((const double[]){2, 1, 4, 3}), 4, 0, 0);

  const sct_value split_args[] = {tensor_value(t), int_value(1)};
  OK(sct_op_call(find("aten::split", "Tensor"), split_args, NULL, 2, &out, 1, &count));
  CHECK_INT(out.kind, SCT_VALUE_TENSOR_LIST);
  CHECK_INT(out.integer, 2);
  sct_tensor *parts = out.pointer;
  CHECK_INT(numel(parts[1]), 2);
  OK(sct_tensor_free(parts, 2));
  OK(sct_values_free(&out, 1));
  CHECK_INT(out.kind, SCT_VALUE_NONE);

  /* An integer serves where the schema wants float, and float[] takes integers. */
  const sct_value mul_args[] = {tensor_value(t), int_value(3)};
  OK(sct_op_call(find("aten::mul", "Scalar"), mul_args, NULL, 2, &out, 1, &count));
  sct_tensor tripled = out.pointer;
  values_of(tripled, read);
  CLOSE_ALL(read, ((const double[]){3, 6, 9, 12}), 4, 0, 0);
  sct_tensor all[] = {t, index, joined, flipped, tripled};
  OK(sct_tensor_free(all, 5));
}

int main(void) {
  finds_and_describes();
  calls_with_defaults_and_names();
  refuses_wrong_arguments();
  passes_lists();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
