#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace costs::cli {
namespace {

constexpr int kNarrowest = 20;

std::string Environment(const char* name) {
  const char* const value = getenv(name);
  return value != nullptr ? value : "";
}

// The first of these that is set names the locale.
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Environment(name));
    if (locale.empty()) continue;
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return false;
}

}  // namespace

Terminal DescribeTerminal(int fd) {
  Terminal terminal;
  terminal.utf8 = LocaleIsUtf8();
  if (isatty(fd) == 0) return terminal;
  terminal.colour = Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= kNarrowest) terminal.width = size.ws_col;
  return terminal;
}

}  // namespace costs::cli
