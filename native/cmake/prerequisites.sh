# Checks of what must be on the machine, for the scripts that source this. Each check prints one
# line that names what is missing and the command that installs it, and returns 1.

simclr_missing() { # what, how to install it
  printf 'simclr: %s. Install it: %s\n' "$1" "$2" >&2
  return 1
}

# as root no sudo is needed, and often none is there
simclr_apt() {
  if [ "$(id -u)" -eq 0 ]; then echo "apt-get install -y $*"; else echo "sudo apt-get install -y $*"; fi
}

simclr_check_platform() {
  # What bash knows costs no process, but it may be another shell's idea of it.
  [[ $OSTYPE == linux* && $HOSTTYPE == x86_64 ]] && return
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] && return
  printf 'simclr: this is %s on %s; only Linux on x86-64 is supported\n' \
    "$(uname -s)" "$(uname -m)" >&2
  return 1
}

simclr_check_cmake() {
  local version
  version=$(cmake --version 2>/dev/null | sed -n 's/^cmake version \([0-9]*\.[0-9]*\).*/\1/p') || true
  [ -n "$version" ] || simclr_missing 'cmake (3.22 or newer) is not on PATH' "$(simclr_apt cmake)" || return
  if [ "${version%%.*}" -lt 3 ] || { [ "${version%%.*}" -eq 3 ] && [ "${version#*.}" -lt 22 ]; }; then
    simclr_missing "cmake is $version, 3.22 or newer is needed" 'python3 -m pip install cmake'
  fi
}

simclr_check_compiler() {
  local compiler=${CXX:-c++} answer
  command -v "${compiler%% *}" >/dev/null 2>&1 ||
    simclr_missing "no C++ compiler ($compiler is not on PATH)" "$(simclr_apt g++)" || return
  # The library's headers count, not only the flag: <bit> and <span> came with C++20.
  answer=$(printf '#include <bit>\n#include <span>\nint main() { return std::popcount(0u); }\n' |
    $compiler -std=c++20 -x c++ -fsyntax-only - 2>&1) && return
  simclr_missing "$compiler does not compile C++20 (${answer%%$'\n'*})" "$(simclr_apt g++)"
}

simclr_check_make() {
  command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 ||
    simclr_missing 'neither ninja nor make is on PATH' "$(simclr_apt ninja-build)"
}

simclr_check_python() {
  command -v python3 >/dev/null 2>&1 ||
    simclr_missing 'python3 is not on PATH' "$(simclr_apt python3 python3-pip)" || return
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    simclr_missing 'python3 is older than 3.8' "$(simclr_apt python3 python3-pip)"
}

simclr_check_maven() {
  command -v mvn >/dev/null 2>&1 ||
    simclr_missing 'mvn (Maven) is not on PATH' "$(simclr_apt maven)"
}

# Sets SIMCLR_JDK to a JDK 25 or newer: JAVA_HOME, then java on PATH, then the usual JVM folders.
simclr_find_jdk() {
  local candidate on_path
  simclr_take_jdk "${JAVA_HOME:-}" && return
  on_path=$(command -v javac 2>/dev/null) && on_path=$(readlink -f "$on_path")
  on_path=${on_path%/bin/javac}
  for candidate in "$on_path" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
    "$HOME"/.jdks/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.m2/jdks/*; do
    simclr_take_jdk "$candidate" && return
  done
  simclr_missing 'no JDK 25 in JAVA_HOME, on PATH or in the usual folders such as /usr/lib/jvm' \
    "$(simclr_apt openjdk-25-jdk-headless), or unpack one from https://adoptium.net into ~/.jdks"
}

# Sets SIMCLR_JDK to a directory if it has a JDK that is new enough.
simclr_take_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return
  local release
  # Not `$(<file)`, nor sed: the launcher does this at every start, and processes take time.
  read -r -d '' release <"$1/release" || true
  [[ $release =~ JAVA_VERSION=\"([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 25 ] || return
  SIMCLR_JDK=$1
}
