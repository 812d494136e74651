"""debian_repository: an external repository made of installed Debian files."""

def _link_flags(rctx, spec):
    """Turns a pkg-config module name, literal -l flags, or "" (headers only) into linkopts."""
    if not spec:
        return []
    if spec.startswith("-l"):
        flags = spec.split(" ")
    else:
        res = rctx.execute(["pkg-config", "--libs", spec])
        if res.return_code != 0:
            return None
        flags = [f for f in res.stdout.strip().split(" ") if f and not f.startswith("-Wl,")]

    # Shared libraries: order is free, so each flag is wanted once.
    seen = {f: True for f in flags}
    return ["-Wl,--push-state,--as-needed"] + seen.keys() + ["-Wl,--pop-state"]

def _debian_repository_impl(rctx):
    for path in rctx.attr.requires:
        if not rctx.path(path).exists:
            fail("@{}: {} is missing. Install it with: apt-get install {}".format(rctx.name, path, rctx.attr.apt))
    rctx.file("WORKSPACE", "workspace(name = \"{}\")\n".format(rctx.name))
    for dst, src in rctx.attr.symlinks.items():
        rctx.symlink(src, dst)
    for dst, src in rctx.attr.binaries.items():
        rctx.symlink(src, dst)
    builds = {}
    for target, spec in rctx.attr.libs.items():
        pkg, name = target.split(":")
        flags = _link_flags(rctx, spec)
        if flags == None:
            # Not in this Debian release; using the label is then an error that says so.
            continue
        builds.setdefault(pkg, []).append(
            "cc_library(\n    name = {},\n    hdrs = glob([\"include/*.h\"]),\n    defines = {},\n    includes = {},\n    linkopts = {},\n)\n".format(
                repr(name),
                repr(rctx.attr.defines),
                repr(rctx.attr.includes),
                repr(flags),
            ),
        )
    for pkg, rules in builds.items():
        rctx.file(
            (pkg + "/" if pkg else "") + "BUILD",
            "package(default_visibility = [\"//visibility:public\"])\n\n" + "\n".join(rules),
        )
    for label, dst in rctx.attr.overlays.items():
        rctx.symlink(label, dst)

debian_repository = repository_rule(
    implementation = _debian_repository_impl,
    attrs = {
        "apt": attr.string(doc = "packages to name when a required file is missing"),
        "requires": attr.string_list(doc = "absolute paths that must exist"),
        "symlinks": attr.string_dict(doc = "path in the repository -> absolute path"),
        "binaries": attr.string_dict(doc = "path in the repository -> absolute path of a program"),
        "libs": attr.string_dict(doc = "package:target -> pkg-config module, literal -l flags, or \"\" for headers only"),
        "defines": attr.string_list(doc = "for each of libs"),
        "includes": attr.string_list(doc = "for each of libs"),
        "overlays": attr.label_keyed_string_dict(allow_files = True, doc = "file -> path in the repository"),
    },
    local = True,
    configure = True,
)
