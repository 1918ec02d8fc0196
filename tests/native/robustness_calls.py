"""Writes one C function for each declared sct_ function, which calls it with arguments from pools.

usage: robustness_calls.py OUTPUT HEADER...
"""

import pathlib
import re
import sys

DECLARATION = re.compile(r"SCT_API\s+([\w\s]+?[\s*]+)(sct_\w+)\s*\(([^)]*)\);")

# Tensors that may be NULL.
OPTIONAL = {
    "bias",
    "weight",
    "running_mean",
    "running_var",
    "gradient",
    "shortcut",
    "grad",
}
REQUIRED_WEIGHT = {"sct_linear", "sct_conv2d"}

# Type of a parameter, without const, to the function that picks an argument.
PICKS = {
    "sct_tensor": "pick_tensor",
    "sct_cuda_stream": "pick_stream",
    "sct_op": "pick_op",
    "int64_t": "pick_int64",
    "int32_t": "pick_int32",
    "uint64_t": "pick_uint64",
    "double": "pick_double",
    "bool": "pick_bool",
}

# Parameters whose name says more than their type.
NAMED_PICKS = {
    ("int64_t", "count"): "pick_count",
    ("int64_t", "dim"): None,  # a number of sizes in some functions, a dimension in others
    ("int64_t", "output_count"): "pick_count",
    ("int64_t", "input_count"): "pick_count",
    ("int64_t", "group_count"): "pick_count",
    ("int64_t", "arg_count"): "pick_count",
    ("int64_t", "out_rows"): "pick_count",
    ("int64_t", "capacity"): "pick_count",
    ("int64_t", "bytes"): "pick_bytes",
    ("int32_t", "threads"): "pick_threads",
}

POINTER_PICKS = {
    "const int64_t *": "pick_int64s",
    "const sct_tensor *": "pick_tensors",
    "const sct_value *": "pick_values",
    "const sct_optim_group *": "pick_optim_groups",
    "const sct_augment_format *": "pick_augment_format",
    "const sct_augment_view *": "pick_augment_views",
    "const char *": "pick_text",
    "const char *const *": "pick_texts",
    "const void *": "pick_memory",
    "void *": "pick_memory",
}


def parameters(text):
    """Pairs of type and name."""
    text = " ".join(text.split())
    if text == "void":
        return []
    pairs = []
    for parameter in text.split(", "):
        kind, name = re.fullmatch(r"(.*?[\s*])(\w+)", parameter).groups()
        pairs.append((kind.strip(), name))
    return pairs


def pick(kind, name, function_parameters):
    if kind == "int64_t" and name == "dim":
        sizes = any(n in ("sizes", "normalized_shape") for _, n in function_parameters)
        return "pick_count" if sizes else "pick_int64"
    if NAMED_PICKS.get((kind, name)):
        return NAMED_PICKS[kind, name]
    if kind in PICKS:
        return PICKS[kind]
    if kind in POINTER_PICKS:
        return POINTER_PICKS[kind]
    if kind == "int64_t *" and name == "ids":
        return "pick_ids"
    if kind == "sct_tensor *" and name == "tensors":
        return "pick_owned_tensors"
    if kind == "sct_value *" and name == "values":
        return "pick_results"
    if kind == "sct_region *" and name == "region":
        return "pick_region"
    if kind == "sct_cuda_stream *" and name == "stream":
        return "pick_owned_stream"
    if name.startswith("ret_") and kind.endswith("*"):
        return "pick_result"
    raise SystemExit(f"no pool for parameter '{kind} {name}'")


def needs_pointer(function, kind, name):
    """Whether NULL must be refused whatever the other arguments are."""
    if name.startswith("ret_"):
        return not (function == "sct_op_call" and name == "ret_values")
    if kind in ("sct_tensor", "sct_op", "sct_cuda_stream"):
        return name not in OPTIONAL or (name == "weight" and function in REQUIRED_WEIGHT)
    return False


def call(function, function_parameters):
    lines = [f"static sct_status call_{function}(Source *source) {{"]
    for i, (kind, name) in enumerate(function_parameters):
        picker = pick(kind, name, function_parameters)
        space = "" if kind.endswith("*") else " "
        required = str(needs_pointer(function, kind, name)).lower()
        pointer = kind.endswith("*") or kind in ("sct_tensor", "sct_op", "sct_cuda_stream")
        arguments = f"source, {required}" if pointer else "source"
        lines.append(f"  {kind}{space}a{i} = {picker}({arguments});")
    if not function_parameters:
        lines.append("  (void)source;")
    arguments = ", ".join(f"a{i}" for i in range(len(function_parameters)))
    lines += [f"  return {function}({arguments});", "}", ""]
    return lines


def main(output, headers):
    lines = []
    table = []
    for header in headers:
        for result, name, text in DECLARATION.findall(pathlib.Path(header).read_text("utf-8")):
            if result.split() == ["sct_status"]:
                lines += call(name, parameters(text))
                table.append(f'    {{"{name}", call_{name}}},')
    if len(table) < 100:
        raise SystemExit(f"only {len(table)} functions found in the headers")
    lines += ["static const Function kFunctions[] = {", *table, "};", ""]
    pathlib.Path(output).write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
