// What the place that a command writes to can show.
#ifndef CLIENT_CLI_TERMINAL_H_
#define CLIENT_CLI_TERMINAL_H_

namespace costs::cli {

struct Terminal {
  int width = 80;       // columns; 80 where it is no terminal, or does not tell
  bool colour = false;  // a terminal that is not dumb, and NO_COLOR is not set
  bool utf8 = true;     // as the environment's locale says
};

// Of a file descriptor, such as 1. Reads the environment: LC_ALL, LC_CTYPE and
// LANG, NO_COLOR, TERM.
Terminal DescribeTerminal(int fd);

}  // namespace costs::cli

#endif  // CLIENT_CLI_TERMINAL_H_
