// The exit codes of `costs`, as its help text lists them.
#ifndef CLIENT_CLI_EXIT_CODE_H_
#define CLIENT_CLI_EXIT_CODE_H_

namespace costs::cli {

enum ExitCode {
  kOk = 0,
  kSomeRecordsFailed = 1,  // or an import was refused
  kUsage = 2,              // wrong flags, or an input whose header is wrong
  kServerUnreachable = 3,  // no answer, or not all of them in time
  kServerRefused = 4,
  kFileError = 5,           // a file cannot be read or written
  kOutputPipeClosed = 141,  // as a shell shows a program that SIGPIPE ended
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_EXIT_CODE_H_
