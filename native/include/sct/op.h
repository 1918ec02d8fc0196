/* Every operator that libtorch registers, by schema name. */
#ifndef SCT_OP_H
#define SCT_OP_H

#include "device.h"
#include "dtype.h"
#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A registered operator. Lives as long as the process; never freed. */
typedef struct sct_op_handle *sct_op;

/* Kinds of sct_value, and which of its fields they use. */
enum {
  SCT_VALUE_NONE = 0,
  /* pointer: the sct_tensor. */
  SCT_VALUE_TENSOR = 1,
  /* integer. Memory formats and layouts are integers too. */
  SCT_VALUE_INT = 2,
  /* real. */
  SCT_VALUE_DOUBLE = 3,
  /* integer, 0 or 1. */
  SCT_VALUE_BOOL = 4,
  /* pointer: UTF-8 text; integer: its length in bytes. */
  SCT_VALUE_STRING = 5,
  /* integer: SCT_FLOAT32 and so on. */
  SCT_VALUE_DTYPE = 6,
  /* integer: SCT_CPU or SCT_CUDA; index: its number or -1. */
  SCT_VALUE_DEVICE = 7,
  /* pointer: array of sct_tensor; integer: its length. */
  SCT_VALUE_TENSOR_LIST = 8,
  /* The same, and NULL entries mean None. */
  SCT_VALUE_OPTIONAL_TENSOR_LIST = 9,
  /* pointer: array of int64_t; integer: its length. An empty one fits every list type. */
  SCT_VALUE_INT_LIST = 10,
  /* pointer: array of double; integer: its length. */
  SCT_VALUE_DOUBLE_LIST = 11,
  /* pointer: array of bool; integer: its length. */
  SCT_VALUE_BOOL_LIST = 12
};

typedef struct sct_value {
  int32_t kind;
  int32_t index;
  int64_t integer;
  double real;
  void *pointer;
} sct_value;

/* Finds `name` such as "aten::topk" with `overload` such as "" or "Tensor". SCT_NOT_FOUND names the
 * overloads that exist. */
SCT_API sct_status sct_op_find(const char *name, const char *overload, sct_op *ret_op);

/* The schema, such as "aten::topk(Tensor self, SymInt k, ...) -> (Tensor values, ...)". Borrowed,
 * lives as long as the process. */
SCT_API sct_status sct_op_schema(sct_op op, const char **ret_schema);

/* Number of results. */
SCT_API sct_status sct_op_result_count(sct_op op, int64_t *ret_count);

/* Calls the operator. `names` is NULL, or has arg_count entries: NULL for a positional argument,
 * else the name of a keyword argument; positional ones come first. Arguments left out take the
 * schema's defaults. Arity and types are checked against the schema before the call
 * (SCT_INVALID_ARGUMENT names the argument).
 *
 * `ret_values` has room for `capacity` values, at least sct_op_result_count. Tensors in them, also
 * in lists, are new handles, NULL where the tensor is undefined; the memory of lists and texts is
 * freed with sct_values_free. A result of a kind that sct_value cannot hold is SCT_UNSUPPORTED. */
SCT_API sct_status sct_op_call(sct_op op, const sct_value *args, const char *const *names,
                               int64_t arg_count, sct_value *ret_values, int64_t capacity,
                               int64_t *ret_count);

/* Frees the memory of lists and texts in results of sct_op_call and sets the values to
 * SCT_VALUE_NONE. Tensor handles, also those in lists, stay valid: free them apart. */
SCT_API sct_status sct_values_free(sct_value *values, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
