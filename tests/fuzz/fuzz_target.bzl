"""A fuzz target: a libFuzzer binary, and a test of its seeds that needs none."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

def fuzz_target(name, deps):
    """NAME.cc defines LLVMFuzzerTestOneInput; its seeds are in seeds/NAME/.

    bazel test //tests/fuzz:NAME_seeds_test     runs each seed, with any compiler
    bazel run --config=fuzz //tests/fuzz:NAME   looks for more, with clang
    """
    cc_library(
        name = name + "_input",
        testonly = True,
        srcs = [name + ".cc"],
        deps = deps,
        alwayslink = True,
    )
    cc_test(
        name = name + "_seeds_test",
        size = "small",
        srcs = ["run_seeds.cc"],
        args = ["$(locations :{}_seeds)".format(name)],
        data = [":{}_seeds".format(name)],
        deps = [":{}_input".format(name)],
    )
    native.filegroup(
        name = name + "_seeds",
        srcs = native.glob(["seeds/{}/*".format(name)]),
    )
    cc_binary(
        name = name,
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":{}_input".format(name)],
    )
