#include "sct/op.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "detail/call.h"

struct sct_op_handle {
  c10::OperatorHandle op;
  std::string schema;
};

using namespace sct;

namespace {

using c10::IValue;

// Interned, so that a handle is valid for ever and costs nothing to find again.
sct_op intern(const c10::OperatorHandle& op) {
  static std::mutex mutex;
  static auto& handles =
      *new std::map<c10::OperatorName, std::unique_ptr<sct_op_handle>,
                    bool (*)(const c10::OperatorName&, const c10::OperatorName&)>(
          [](const c10::OperatorName& a, const c10::OperatorName& b) {
            return std::tie(a.name, a.overload_name) < std::tie(b.name, b.overload_name);
          });
  const std::lock_guard lock(mutex);
  auto& handle = handles[op.operator_name()];
  if (handle == nullptr) {
    handle = std::make_unique<sct_op_handle>(sct_op_handle{op, c10::toString(op.schema())});
  }
  return handle.get();
}

[[noreturn]] void not_found(const std::string& name, const std::string& overload) {
  std::string overloads;
  for (const c10::OperatorName& known : c10::Dispatcher::singleton().getAllOpNames()) {
    if (known.name == name) {
      overloads += (overloads.empty() ? "'" : ", '") + known.overload_name + "'";
    }
  }
  if (overloads.empty()) {
    fail(SCT_NOT_FOUND, "libtorch has no operator '" + name + "'");
  }
  fail(SCT_NOT_FOUND,
       "operator '" + name + "' has no overload '" + overload + "', only " + overloads);
}

// The type that an argument has in the schema, without Optional[...]; NULL if there is no such
// argument, which the check against the schema reports.
c10::TypePtr formal_type(const c10::Argument* formal) {
  if (formal == nullptr) {
    return nullptr;
  }
  const auto optional = formal->type()->cast<c10::OptionalType>();
  return optional ? optional->getElementType() : formal->type();
}

// The type of the elements where the schema has a list.
c10::TypePtr element_type(const c10::TypePtr& type) {
  const auto list = type == nullptr ? nullptr : type->cast<c10::ListType>();
  return list == nullptr ? nullptr : list->getElementType();
}

bool is_kind(const c10::TypePtr& type, c10::TypeKind kind) {
  return type != nullptr && type->kind() == kind;
}

template <class T>
c10::ArrayRef<T> array(const sct_value& value) {
  if (value.integer < 0) {
    invalid("a list of length " + std::to_string(value.integer));
  }
  if (value.integer > 0) {
    require(value.pointer, "pointer of a list");
  }
  return c10::ArrayRef<T>(static_cast<const T*>(value.pointer), static_cast<size_t>(value.integer));
}

template <class To, class From>
IValue list_of(c10::ArrayRef<From> values) {
  c10::List<To> list;
  list.reserve(values.size());
  for (const From value : values) {
    list.push_back(static_cast<To>(value));
  }
  return list;
}

// Numbers as the schema wants them: float[] and Scalar[] take integers too.
template <class Own>
IValue numbers(const sct_value& value, const c10::TypePtr& type) {
  const auto values = array<Own>(value);
  const c10::TypePtr element = element_type(type);
  if (is_kind(element, c10::TypeKind::FloatType)) {
    return list_of<double>(values);
  }
  if (is_kind(element, c10::TypeKind::NumberType)) {
    c10::impl::GenericList list(c10::NumberType::get());
    for (const Own number : values) {
      list.push_back(IValue(number));
    }
    return list;
  }
  return list_of<Own>(values);
}

IValue integer(int64_t value, const c10::Argument* formal, const c10::TypePtr& type) {
  if (is_kind(type, c10::TypeKind::FloatType)) {
    return static_cast<double>(value);
  }
  // int[2] stride takes a single int for both.
  if (is_kind(element_type(type), c10::TypeKind::IntType) && formal->N().has_value()) {
    return std::vector<int64_t>(static_cast<size_t>(*formal->N()), value);
  }
  return value;
}

IValue tensors(const sct_value& value, const c10::TypePtr& type) {
  const bool optional = value.kind == SCT_VALUE_OPTIONAL_TENSOR_LIST ||
                        is_kind(element_type(type), c10::TypeKind::OptionalType);
  const auto handles = array<sct_tensor>(value);
  if (!optional) {
    c10::List<Tensor> list;
    for (sct_tensor handle : handles) {
      list.push_back(unbox(handle, "element of a tensor list"));
    }
    return list;
  }
  c10::List<std::optional<Tensor>> list;
  for (sct_tensor handle : handles) {
    if (handle == nullptr && value.kind == SCT_VALUE_TENSOR_LIST) {
      invalid("argument 'element of a tensor list' is NULL");
    }
    list.push_back(unbox_optional(handle));
  }
  return list;
}

// An empty list says nothing about its elements, so it is what the schema wants.
IValue empty_list(const c10::TypePtr& type) {
  const c10::TypePtr element = element_type(type);
  return element == nullptr ? IValue(c10::List<int64_t>())
                            : IValue(c10::impl::GenericList(element));
}

IValue to_ivalue(const sct_value& value, const c10::Argument* formal) {
  const c10::TypePtr type = formal_type(formal);
  switch (value.kind) {
    case SCT_VALUE_NONE:
      return {};
    case SCT_VALUE_TENSOR:
      return unbox(static_cast<sct_tensor>(value.pointer), "tensor value");
    case SCT_VALUE_INT:
      return integer(value.integer, formal, type);
    case SCT_VALUE_DOUBLE:
      return value.real;
    case SCT_VALUE_BOOL:
      return value.integer != 0;
    case SCT_VALUE_STRING: {
      const auto text = array<char>(value);
      return std::string(text.begin(), text.end());
    }
    case SCT_VALUE_DTYPE:
      if (value.integer < INT32_MIN || value.integer > INT32_MAX) {
        invalid("unknown dtype " + std::to_string(value.integer));
      }
      return dtype(static_cast<int32_t>(value.integer));
    case SCT_VALUE_DEVICE:
      if (value.integer < INT32_MIN || value.integer > INT32_MAX) {
        invalid("unknown device type " + std::to_string(value.integer));
      }
      return device(static_cast<int32_t>(value.integer), value.index);
    case SCT_VALUE_TENSOR_LIST:
    case SCT_VALUE_OPTIONAL_TENSOR_LIST:
      return tensors(value, type);
    case SCT_VALUE_INT_LIST:
      return value.integer == 0 ? empty_list(type) : numbers<int64_t>(value, type);
    case SCT_VALUE_DOUBLE_LIST:
      return numbers<double>(value, type);
    case SCT_VALUE_BOOL_LIST:
      return list_of<bool>(array<bool>(value));
    default:
      invalid("unknown kind of value: " + std::to_string(value.kind));
  }
}

// Arguments on the stack, complete and of the right types.
std::vector<IValue> arguments(const c10::FunctionSchema& schema, const sct_value* args,
                              const char* const* names, int64_t count) {
  if (count < 0) {
    invalid("argument 'arg_count' is negative: " + std::to_string(count));
  }
  if (count > 0) {
    require(args, "args");
  }
  std::vector<IValue> stack;
  std::unordered_map<std::string, IValue> by_name;
  for (int64_t i = 0; i < count; ++i) {
    if (names == nullptr || names[i] == nullptr) {
      if (!by_name.empty()) {
        invalid("positional argument " + std::to_string(i) + " after a keyword argument");
      }
      const auto position = static_cast<size_t>(i);
      const bool known = position < schema.arguments().size();
      stack.push_back(to_ivalue(args[i], known ? &schema.arguments()[position] : nullptr));
      continue;
    }
    const auto position = schema.argumentIndexWithName(names[i]);
    const c10::Argument* formal = position ? &schema.arguments()[*position] : nullptr;
    if (!by_name.emplace(names[i], to_ivalue(args[i], formal)).second) {
      invalid(std::string("argument '") + names[i] + "' is given twice");
    }
  }
  try {
    schema.checkAndNormalizeInputs(stack, by_name);
  } catch (const c10::Error& e) {
    invalid(e.what_without_backtrace());
  }
  return stack;
}

// Results on their way out; frees what nobody has taken.
class Results {
 public:
  Results() = default;
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  ~Results() {
    for (sct_value& value : values_) {
      if (value.kind == SCT_VALUE_TENSOR) {
        auto handle = static_cast<sct_tensor>(value.pointer);
        sct_tensor_free(&handle, 1);
      } else if (value.kind == SCT_VALUE_TENSOR_LIST) {
        sct_tensor_free(static_cast<sct_tensor*>(value.pointer), value.integer);
      }
    }
    sct_values_free(values_.data(), static_cast<int64_t>(values_.size()));
  }

  void add(const IValue& result) {
    values_.emplace_back();
    sct_value& out = values_.back();
    if (result.isTensor()) {
      out.pointer = box_optional(result.toTensor());
      out.kind = SCT_VALUE_TENSOR;
    } else if (result.isInt() || result.isSymInt()) {
      out.integer =
          result.isInt() ? result.toInt() : result.toSymInt().guard_int(__FILE__, __LINE__);
      out.kind = SCT_VALUE_INT;
    } else if (result.isDouble()) {
      out.real = result.toDouble();
      out.kind = SCT_VALUE_DOUBLE;
    } else if (result.isBool()) {
      out.integer = result.toBool() ? 1 : 0;
      out.kind = SCT_VALUE_BOOL;
    } else if (result.isString()) {
      const std::string& text = result.toStringRef();
      copy_to(out, SCT_VALUE_STRING, text.data(), text.size());
    } else if (result.isDevice()) {
      out.integer = static_cast<int64_t>(result.toDevice().type());
      out.index = result.toDevice().index();
      out.kind = SCT_VALUE_DEVICE;
    } else if (result.isTensorList()) {
      std::vector<Tensor> list = result.toTensorVector();
      const std::vector<sct_tensor> none(list.size(), nullptr);
      copy_to(out, SCT_VALUE_TENSOR_LIST, none.data(), none.size());
      box_all(std::move(list), static_cast<sct_tensor*>(out.pointer));
    } else if (result.isIntList()) {
      const std::vector<int64_t> list = result.toIntVector();
      copy_to(out, SCT_VALUE_INT_LIST, list.data(), list.size());
    } else if (result.isDoubleList()) {
      const std::vector<double> list = result.toDoubleVector();
      copy_to(out, SCT_VALUE_DOUBLE_LIST, list.data(), list.size());
    } else if (result.isBoolList()) {
      const c10::List<bool> list = result.toBoolList();
      const std::unique_ptr<bool[]> copy(new bool[list.size()]);
      std::copy(list.begin(), list.end(), copy.get());
      copy_to(out, SCT_VALUE_BOOL_LIST, copy.get(), list.size());
    } else if (!result.isNone()) {
      fail(SCT_UNSUPPORTED, "a result of type " + result.tagKind() + " has no sct_value");
    }
  }

  void give(sct_value* ret_values) noexcept {
    std::copy(values_.begin(), values_.end(), ret_values);
    values_.clear();
  }

 private:
  template <class T>
  static void copy_to(sct_value& out, int32_t kind, const T* from, size_t count) {
    if (count > 0) {
      out.pointer = std::malloc(count * sizeof(T));
      if (out.pointer == nullptr) {
        throw std::bad_alloc();
      }
      std::memcpy(out.pointer, from, count * sizeof(T));
    }
    out.integer = static_cast<int64_t>(count);
    out.kind = kind;
  }

  std::vector<sct_value> values_;
};

}  // namespace

sct_status sct_op_find(const char* name, const char* overload, sct_op* ret_op) {
  return guard("op_find", {}, [&] {
    require(name, "name");
    require(overload, "overload");
    require(ret_op, "ret_op");
    const auto op = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!op.has_value()) {
      not_found(name, overload);
    }
    *ret_op = intern(*op);
  });
}

sct_status sct_op_schema(sct_op op, const char** ret_schema) {
  return guard("op_schema", {}, [&] {
    require(op, "op");
    require(ret_schema, "ret_schema");
    *ret_schema = op->schema.c_str();
  });
}

sct_status sct_op_result_count(sct_op op, int64_t* ret_count) {
  return guard("op_result_count", {}, [&] {
    require(op, "op");
    require(ret_count, "ret_count");
    *ret_count = static_cast<int64_t>(op->op.schema().returns().size());
  });
}

sct_status sct_op_call(sct_op op, const sct_value* args, const char* const* names,
                       int64_t arg_count, sct_value* ret_values, int64_t capacity,
                       int64_t* ret_count) {
  const char* name = op == nullptr ? "op_call" : op->op.operator_name().name.c_str();
  return guard(name, {}, [&] {
    require(op, "op");
    require(ret_count, "ret_count");
    const c10::FunctionSchema& schema = op->op.schema();
    const auto results = static_cast<int64_t>(schema.returns().size());
    if (capacity < results) {
      invalid("room for " + std::to_string(capacity) + " results, needed for " +
              std::to_string(results));
    }
    if (results > 0) {
      require(ret_values, "ret_values");
    }
    std::vector<IValue> stack = arguments(schema, args, names, arg_count);
    op->op.callBoxed(&stack);
    Results out;
    for (const IValue& result : stack) {
      out.add(result);
    }
    out.give(ret_values);
    *ret_count = static_cast<int64_t>(stack.size());
  });
}

sct_status sct_values_free(sct_value* values, int64_t count) {
  return guard("values_free", {}, [&] {
    if (count < 0) {
      invalid("argument 'count' is negative: " + std::to_string(count));
    }
    if (count > 0) {
      require(values, "values");
    }
    for (int64_t i = 0; i < count; ++i) {
      switch (values[i].kind) {
        case SCT_VALUE_STRING:
        case SCT_VALUE_TENSOR_LIST:
        case SCT_VALUE_INT_LIST:
        case SCT_VALUE_DOUBLE_LIST:
        case SCT_VALUE_BOOL_LIST:
          std::free(values[i].pointer);
          break;
        default:
          break;
      }
      values[i] = sct_value{};
    }
  });
}
