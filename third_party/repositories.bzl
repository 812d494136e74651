"""External repositories under their upstream names, served by Debian packages.

Every label the project's BUILD files use (@com_github_grpc_grpc//:grpc++,
@com_google_absl//absl/strings, ...) is the upstream one, so a repository here
can later be replaced by an http_archive of the same name.
"""

load(":pkg_config.bzl", _debian_repository = "debian_repository")

def debian_repository(overlays = {}, **kwargs):
    """A repository of Debian's; our files are ours in whoever's workspace this is used."""
    _debian_repository(
        overlays = {str(Label(label)): path for label, path in overlays.items()},
        **kwargs
    )

def debian_repositories():
    """Declares every external repository the build can reach."""

    # The rule sets Bazel's own WORKSPACE suffix would otherwise download.
    # (Debian's bazel-rules-cc 0.0.4 does not load in Debian's Bazel 4.2.3.)
    debian_repository(
        name = "rules_cc",
        overlays = {
            "//third_party:rules_cc.BUILD": "cc/BUILD",
            "//third_party:rules_cc_defs.bzl": "cc/defs.bzl",
        },
    )
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")

    debian_repository(
        name = "remote_coverage_tools",
        overlays = {
            "//third_party:coverage_tools.BUILD": "BUILD",
            "//third_party:coverage_report_generator.sh": "coverage_report_generator.sh",
            "//third_party:lcov_merger.sh": "lcov_merger.sh",
        },
    )

    debian_repository(
        name = "com_google_absl",
        apt = "libabsl-dev pkg-config",
        requires = ["/usr/include/absl/base/options.h"],
        libs = {
            "absl/algorithm:container": "absl_algorithm_container",
            "absl/base:base": "absl_base",
            "absl/base:core_headers": "absl_core_headers",
            "absl/base:log_severity": "absl_log_severity",
            "absl/cleanup:cleanup": "absl_cleanup",
            "absl/container:btree": "absl_btree",
            "absl/container:fixed_array": "absl_fixed_array",
            "absl/container:flat_hash_map": "absl_flat_hash_map",
            "absl/container:flat_hash_set": "absl_flat_hash_set",
            "absl/container:inlined_vector": "absl_inlined_vector",
            "absl/container:node_hash_map": "absl_node_hash_map",
            "absl/container:node_hash_set": "absl_node_hash_set",
            "absl/debugging:failure_signal_handler": "absl_failure_signal_handler",
            "absl/debugging:stacktrace": "absl_stacktrace",
            "absl/debugging:symbolize": "absl_symbolize",
            "absl/flags:config": "absl_flags_config",
            "absl/flags:flag": "absl_flags",
            "absl/flags:marshalling": "absl_flags_marshalling",
            "absl/flags:parse": "absl_flags_parse",
            "absl/flags:reflection": "absl_flags_reflection",
            "absl/flags:usage": "absl_flags_usage",
            "absl/functional:any_invocable": "absl_any_invocable",
            "absl/functional:bind_front": "absl_bind_front",
            "absl/functional:function_ref": "absl_function_ref",
            "absl/hash:hash": "absl_hash",
            "absl/memory:memory": "absl_memory",
            "absl/meta:type_traits": "absl_type_traits",
            "absl/numeric:bits": "absl_bits",
            "absl/numeric:int128": "absl_int128",
            "absl/random:random": "absl_random_random",
            "absl/random:bit_gen_ref": "absl_random_bit_gen_ref",
            "absl/status:status": "absl_status",
            "absl/status:statusor": "absl_statusor",
            "absl/strings:cord": "absl_cord",
            "absl/strings:str_format": "absl_str_format",
            "absl/strings:strings": "absl_strings",
            "absl/synchronization:synchronization": "absl_synchronization",
            "absl/time:time": "absl_time",
            "absl/types:any": "absl_any",
            "absl/types:optional": "absl_optional",
            "absl/types:span": "absl_span",
            "absl/types:variant": "absl_variant",
            "absl/utility:utility": "absl_utility",
        },
    )

    debian_repository(
        name = "com_google_protobuf",
        apt = "protobuf-compiler libprotobuf-dev libprotoc-dev zlib1g-dev",
        requires = ["/usr/include/google/protobuf/message.h", "/usr/bin/protoc"],
        symlinks = {
            "src/google/protobuf/%s.proto" % n: "/usr/include/google/protobuf/%s.proto" % n
            for n in _WELL_KNOWN
        },
        binaries = {"protoc": "/usr/bin/protoc"},
        overlays = {"//third_party:protobuf.BUILD": "BUILD"},
    )

    debian_repository(
        name = "com_github_grpc_grpc",
        apt = "libgrpc++-dev protobuf-compiler-grpc grpc-proto pkg-config",
        requires = [
            "/usr/include/grpcpp/grpcpp.h",
            "/usr/bin/grpc_cpp_plugin",
            "/usr/share/grpc-proto/grpc/health/v1/health.proto",
        ],
        libs = {
            "lib:grpc": "grpc",
            "lib:grpc++": "grpc++",
            "lib:grpc++_unsecure": "grpc++_unsecure",
        },
        symlinks = {
            "src/proto/grpc/health/v1/health.proto": "/usr/share/grpc-proto/grpc/health/v1/health.proto",
            "src/proto/grpc/reflection/v1alpha/reflection.proto": "/usr/share/grpc-proto/grpc/reflection/v1alpha/reflection.proto",
        },
        binaries = {"src/compiler/grpc_cpp_plugin": "/usr/bin/grpc_cpp_plugin"},
        overlays = {
            "//third_party:grpc.BUILD": "BUILD",
            "//third_party:grpc_compiler.BUILD": "src/compiler/BUILD",
            "//third_party:grpc_health.BUILD": "src/proto/grpc/health/v1/BUILD",
            "//third_party:grpc_reflection.BUILD": "src/proto/grpc/reflection/v1alpha/BUILD",
            "//third_party:grpc_bazel.BUILD": "bazel/BUILD",
            "//third_party:cc_grpc_library.bzl": "bazel/cc_grpc_library.bzl",
        },
    )

    debian_repository(
        name = "com_google_googleapis",
        apt = "golang-github-gogo-googleapis-dev",
        requires = [_GOOGLEAPIS + "/google/api/annotations.proto"],
        symlinks = {
            f: _GOOGLEAPIS + "/" + f
            for f in [
                "google/api/annotations.proto",
                "google/api/client.proto",
                "google/api/http.proto",
                "google/rpc/code.proto",
                "google/rpc/error_details.proto",
                "google/rpc/status.proto",
            ]
        },
        overlays = {
            "//third_party:googleapis_api.BUILD": "google/api/BUILD",
            "//third_party:googleapis_rpc.BUILD": "google/rpc/BUILD",
        },
    )

    debian_repository(
        name = "com_google_googletest",
        apt = "libgtest-dev libgmock-dev",
        requires = ["/usr/include/gtest/gtest.h", "/usr/include/gmock/gmock.h"],
        libs = {
            ":gtest": "-lgmock -lgtest -lpthread",
            ":gtest_main": "-lgmock_main -lgmock -lgtest -lpthread",
        },
    )
    debian_repository(
        name = "com_github_google_benchmark",
        apt = "libbenchmark-dev",
        requires = ["/usr/include/benchmark/benchmark.h"],
        libs = {
            ":benchmark": "-lbenchmark -lpthread",
            ":benchmark_main": "-lbenchmark_main -lbenchmark -lpthread",
        },
    )

    debian_repository(
        name = "boost",
        apt = "libboost-dev",
        requires = ["/usr/include/boost/version.hpp", "/usr/include/boost/beast.hpp"],
        libs = {
            ":asio": "-lpthread",
            ":beast": "-lpthread",
            ":multiprecision": "",
        },
    )
    debian_repository(
        name = "com_github_tencent_rapidjson",
        apt = "rapidjson-dev",
        requires = ["/usr/include/rapidjson/reader.h"],
        libs = {":rapidjson": ""},
    )
    debian_repository(
        name = "com_github_gabime_spdlog",
        apt = "libspdlog-dev pkg-config",
        requires = ["/usr/include/spdlog/spdlog.h"],
        defines = ["SPDLOG_SHARED_LIB", "SPDLOG_COMPILED_LIB", "SPDLOG_FMT_EXTERNAL"],
        libs = {":spdlog": "-lspdlog -lfmt"},
    )
    debian_repository(
        name = "libexpat",
        apt = "libexpat1-dev",
        requires = ["/usr/include/expat.h"],
        libs = {":expat": "-lexpat"},
    )
    debian_repository(
        name = "libcsv",
        apt = "libcsv-dev",
        requires = ["/usr/include/csv.h"],
        libs = {":libcsv": "-lcsv"},
    )
    debian_repository(
        name = "sqlite3",
        apt = "libsqlite3-dev pkg-config",
        requires = ["/usr/include/sqlite3.h"],
        libs = {":sqlite3": "sqlite3"},
    )
    debian_repository(
        name = "com_github_jupp0r_prometheus_cpp",
        apt = "prometheus-cpp-dev",
        requires = ["/usr/include/prometheus/exposer.h"],
        libs = {
            "core:core": "-lprometheus-cpp-core",
            "pull:pull": "-lprometheus-cpp-pull -lprometheus-cpp-core",
        },
    )
    debian_repository(
        name = "postgresql",
        apt = "libpq-dev pkg-config",
        requires = ["/usr/include/postgresql/libpq-fe.h"],
        symlinks = {
            "include/%s" % header: "/usr/include/postgresql/%s" % header
            for header in [
                "libpq-fe.h",
                "pg_config_ext.h",
                "postgres_ext.h",
            ]
        },
        includes = ["include"],
        libs = {":libpq": "libpq"},
    )
    debian_repository(
        name = "cjose",
        apt = "libcjose-dev",
        requires = ["/usr/include/cjose/cjose.h"],
        libs = {":cjose": "-lcjose"},
    )
    debian_repository(
        name = "openssl",
        apt = "libssl-dev pkg-config",
        requires = ["/usr/include/openssl/ssl.h"],
        libs = {
            ":crypto": "libcrypto",
            ":ssl": "-lssl -lcrypto",
        },
    )
    debian_repository(
        name = "com_github_curl_curl",
        apt = "libcurl4-openssl-dev pkg-config",
        requires = ["/usr/bin/curl-config"],
        libs = {":curl": "libcurl"},
    )
    debian_repository(
        name = "xxhash",
        apt = "libxxhash-dev pkg-config",
        requires = ["/usr/include/xxhash.h"],
        libs = {":xxhash": "libxxhash"},
    )

_GOOGLEAPIS = "/usr/share/gocode/src/github.com/gogo/googleapis"

_WELL_KNOWN = [
    "any",
    "api",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
]
