#!/usr/bin/env bash
# Generates the stubs from proto/ and builds a package for each language.
#
#   client/stubs/build.sh [python] [go] [typescript] [java]     all of them if none is named
#   client/stubs/build.sh --where LANGUAGE                      prints where its build is (or would be); builds nothing
#
# The packages are put into client/stubs/dist (git ignores it):
#   instant_costs_stubs-VERSION-py3-none-any.whl    pip install
#   go/                                             a module: go mod edit -replace costs.energy/go=…
#   instant-costs-stubs-VERSION.tgz                 npm install
#   instant-costs-stubs-VERSION.jar, .pom           mvn install:install-file
#
# The work, and the programs of the tests, are kept under COSTS_STUBS (by default
# ~/.cache/instant-costs/stubs), one directory for each state of the protos and of the
# language's directory here; what is there is not built again. Every tool and library
# is pinned by version, and by hash where the language's lock file can.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
stubs=${COSTS_STUBS:-$HOME/.cache/instant-costs/stubs}
# Debian's golang-github-gogo-googleapis-dev; another place by the environment.
googleapis=${GOOGLEAPIS_PROTOS:-/usr/share/gocode/src/github.com/gogo/googleapis}

usage() {
  echo "usage: client/stubs/build.sh [python] [go] [typescript] [java] | --where LANGUAGE" >&2
  exit 2
}

# The directory of a language's build: the same for the same sources.
where() {  # LANGUAGE
  local key
  key=$(cd "$root" && {
    find -L proto/energy -type f -name '*.proto'
    find -L "client/stubs/$1" -type f -not -path '*/__pycache__/*' -not -name __init__.py
    echo client/stubs/build.sh
    case $1 in go | typescript) echo docs/calls.md ;; esac
  } | sort | xargs -d '\n' sha256sum | sha256sum | cut -c1-16)
  printf '%s/%s-%s-%s\n' "$stubs" "$1" "$(uname -m)" "$key"
}

need() {  # COMMAND PACKAGE
  command -v "$1" > /dev/null && return
  echo "client/stubs/build.sh: $1 is not installed (apt-get install $2)" >&2
  return 1
}

protos() { (cd "$root/proto" && find energy -name '*.proto' | sort); }

# The lines of a language in docs/calls.md, as a program for the server at an address that it looks up.
guide() {  # FENCE ADDRESS
  awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```$/ { on = 0 } on' "$root/docs/calls.md" |
    sed "s/\"localhost:50051\"/$2/"
  echo '}'
}

# Each of these builds into the directory that it is in: its package into dist/, and
# what the tests run.

build_python() {
  local venv=$stubs/venv-$(sha256sum < "$root/client/stubs/python/requirements.txt" | cut -c1-16) common
  if [ ! -d "$venv" ]; then
    /usr/bin/python3 -m venv "$venv.$$" || { echo 'apt-get install python3-venv' >&2 && return 1; }
    "$venv.$$/bin/pip" install --quiet --require-hashes --requirement "$here/python/requirements.txt"
    sed -i "1s|$venv.$$|$venv|" "$venv.$$"/bin/*  # its programs name the place where they were installed
    mv -T "$venv.$$" "$venv" 2> /dev/null || rm -rf "$venv.$$"  # another run was quicker: theirs is as good
  fi
  common=$("$venv/bin/python" -c 'import google.rpc, pathlib; print(pathlib.Path(list(google.rpc.__path__)[0]).parents[1])')
  mkdir package && cp "$here/python/pyproject.toml" "$here/python/README.md" package
  # shellcheck disable=SC2046  # no name has a space
  PATH=$venv/bin:$PATH "$venv/bin/python" -m grpc_tools.protoc -I "$root/proto" -I "$common" \
    --python_out=package --mypy_out=package --grpc_python_out=package --mypy_grpc_out=package $(protos) 2> protoc.log || { cat protoc.log && return 1; }
  touch package/energy/costs/v1/py.typed
  "$venv/bin/pip" wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist ./package
  # As others install it: beside the libraries, in an environment of its own.
  /usr/bin/python3 -m venv --without-pip venv
  echo "$venv/lib/$(ls "$venv/lib")/site-packages" > "venv/lib/$(ls venv/lib)/site-packages/libraries.pth"
  "$venv/bin/pip" --python "$PWD/venv/bin/python" install --quiet --no-deps --no-index dist/*.whl
  "$venv/bin/mypy" --strict --python-executable "$PWD/venv/bin/python" --cache-dir mypy "$here"/python/*.py
  rm -rf package mypy
}

build_go() {
  local file generated=costs.energy/go/costsv1 options=() rpc=google.golang.org/genproto/googleapis
  need go golang-go
  need protoc protobuf-compiler
  export GOTOOLCHAIN=local GOFLAGS=-trimpath
  mkdir -p bin tools dist/go
  cp "$here"/go/tools/* tools
  (cd tools && go build -o ../bin/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc)
  cp -r "$here"/go/{README.md,go.mod,go.sum,stubs_test.go,example,interop} dist/go
  for file in $(protos); do options+=("M$file=$generated"); done
  options+=("Mgoogle/api/annotations.proto=$rpc/api/annotations" "Mgoogle/api/http.proto=$rpc/api/annotations" \
    "Mgoogle/rpc/status.proto=$rpc/rpc/status")
  # shellcheck disable=SC2046  # no name has a space
  PATH=$PWD/bin:$PATH protoc -I "$root/proto" -I "$googleapis" \
    --go_out=dist/go --go_opt=module=costs.energy/go "${options[@]/#/--go_opt=}" \
    --go-grpc_out=dist/go --go-grpc_opt=module=costs.energy/go "${options[@]/#/--go-grpc_opt=}" $(protos)
  mkdir dist/go/guide
  guide go 'os.Getenv("COSTS_SERVER")' > dist/go/guide/main.go
  cd dist/go
  go vet ./...
  go build -o ../../bin/ ./example ./guide ./interop
  go test -c -o ../../bin/stubs_test .
  # The package is the library; the programs stay here.
  rm -rf guide interop stubs_test.go ../../tools ../../bin/protoc-gen-*
}

build_typescript() {
  local modules
  need npm npm
  need node nodejs
  need protoc protobuf-compiler
  cp "$here"/typescript/{package.json,package-lock.json,.npmrc} .
  npm ci --ignore-scripts > npm.log 2>&1 || { cat npm.log && return 1; }
  modules=$PWD/node_modules
  mkdir generated package dist
  # shellcheck disable=SC2046  # no name has a space
  protoc -I "$root/proto" -I "$googleapis" --plugin="$modules/.bin/protoc-gen-ts_proto" --ts_proto_out=generated \
    --ts_proto_opt=outputServices=grpc-js,esModuleInterop=true,forceLong=bigint,snakeToCamel=keys,unknownFields=true \
    $(protos) google/rpc/error_details.proto
  cp "$here/typescript/tsconfig.json" .
  printf '{"extends": "./tsconfig.json", "include": ["generated"]}' > generated.json
  "$modules/.bin/tsc" --project generated.json --rootDir generated --outDir package
  cp "$here"/typescript/{package.json,README.md} package
  (cd package && npm pack --silent --ignore-scripts --pack-destination ../dist)
  # As others install it: beside the libraries. (With package.json this would be the package itself.)
  rm package.json
  mkdir "$modules/instant-costs-stubs"
  tar --extract --gzip --file dist/*.tgz --directory "$modules/instant-costs-stubs" --strip-components=1
  cp "$here"/typescript/*.ts .
  { guide typescript 'process.env.COSTS_SERVER!' && echo 'void main();'; } > guide.ts
  printf '{"extends": "./tsconfig.json", "files": ["example.ts", "guide.ts", "interop.ts", "stubs_test.ts"]}' > programs.json
  "$modules/.bin/tsc" --project programs.json --outDir bin
  ln -s "$(command -v node)" bin/node
  rm -rf generated package ./*.ts "$modules/typescript"
}

build_java() {
  local java
  need java default-jdk-headless
  need mvn maven
  java=$(command -v java)
  cp -r "$here"/java/{pom.xml,src} .
  mvn --batch-mode --quiet --no-transfer-progress -Dmaven.repo.local="$stubs/maven" -Dprotos="$root/proto" package
  mkdir bin dist
  cp target/instant-costs-stubs-*.jar dist
  for jar in dist/*.jar; do cp pom.xml "${jar%.jar}.pom"; done
  mv target/test-classes target/classpath bin
  ln -s "$java" bin/java
  rm -rf src target pom.xml
}

build() {  # LANGUAGE
  local place new
  place=$(where "$1")
  new=$place.$$
  if [ ! -d "$place" ]; then
    echo "Building the $1 stubs…" >&2
    mkdir -p "$stubs"
    find "$stubs" -maxdepth 1 -name "$1-*" -mtime +14 -exec rm -rf {} +
    mkdir "$new"
    (cd "$new" && "build_$1") >&2 &
    if ! wait $!; then  # not `if ! (…)`, in which no failure would end it
      echo "client/stubs/build.sh: the $1 stubs could not be built (see above)" >&2
      rm -rf "$new"
      return 1
    fi
    mv -T "$new" "$place" 2> /dev/null || rm -rf "$new"  # another run was quicker: theirs is as good
  fi
  mkdir -p "$here/dist"
  cp -r "$place"/dist/. "$here/dist"
  echo "$place"
}

languages=()
for argument in "$@"; do
  case $argument in
    --where) [ $# -eq 2 ] && where "$2" && exit ;;
    python | go | typescript | java) languages+=("$argument") ;;
    *) usage ;;
  esac
done
[ ${#languages[@]} -gt 0 ] || languages=(python go typescript java)
for language in "${languages[@]}"; do build "$language"; done
