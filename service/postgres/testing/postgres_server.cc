#include "service/postgres/testing/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace costs::postgres {
namespace {

// Far more than anything needs, also on a busy machine.
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr char kUser[] = "postgres";

// The newest version's directory of programs; empty where there is none.
std::string Programs() {
  glob_t found{};
  std::string newest;
  int newest_version = 0;
  if (glob("/usr/lib/postgresql/*/bin/initdb", 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      const std::filesystem::path directory = std::filesystem::path(found.gl_pathv[i]).parent_path();
      const int version = std::atoi(directory.parent_path().filename().c_str());
      if (version > newest_version) {
        newest_version = version;
        newest = directory.string();
      }
    }
  }
  globfree(&found);
  return newest_version >= 15 ? newest : "";
}

// Starts a program, as the user postgres where we are root.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = getuid() == 0 ? getpwnam(kUser) : nullptr;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (output >= 0) dup2(output, 1), dup2(output, 2);
  if (input >= 0) dup2(input, 0);
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // After setuid, which would undo it.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(125);
  if (chdir("/") != 0) _exit(124);
  execv(arguments[0], arguments.data());
  _exit(127);
}

// Waits for the end of a child; false: it has not ended in time.
bool Await(pid_t child, int* exit_status) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    const pid_t ended = waitpid(child, exit_status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return true;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return false;
}

// A port of loopback that nothing listens on now.
int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  int port = 0;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  close(listener);
  return port;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::ifstream list(absl::StrCat("/proc/", parent, "/task/", parent, "/children"));
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

}  // namespace

std::string PostgresServer::Missing() {
  if (Programs().empty()) return "PostgreSQL 15 or newer is not installed: apt-get install postgresql";
  if (getuid() == 0 && getpwnam(kUser) == nullptr) {
    return "there is no user postgres, as whom root could start PostgreSQL: apt-get install postgresql";
  }
  return "";
}

PostgresServer::PostgresServer(std::string directory, int port, std::vector<std::string> settings)
    : directory_(std::move(directory)), port_(port), settings_(std::move(settings)) {}

PostgresServer::~PostgresServer() {
  Stop().IgnoreError();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(const std::vector<std::string>& settings) {
  // Not in the test's own directory, which the user postgres may not enter, and
  // whose name may be too long for a socket.
  std::string directory = "/tmp/costs-postgres-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return absl::InternalError("no temporary directory for PostgreSQL");
  if (const passwd* user = getpwnam(kUser); getuid() == 0 && user != nullptr) {
    if (chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return absl::InternalError("cannot give PostgreSQL its directory");
    }
  }
  // Another process may take the port before the server does.
  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    std::unique_ptr<PostgresServer> server(new PostgresServer(directory, FreePort(), settings));
    if (attempt == 0) {
      int exit_status = 0;
      const pid_t child = Spawn({Programs() + "/initdb", "--pgdata=" + directory + "/data", "--auth=trust", "--no-sync",
                                 "--encoding=UTF8", "--locale=C", absl::StrCat("--username=", kUser)},
                                directory + "/initdb.log");
      if (child < 0 || !Await(child, &exit_status) || exit_status != 0) {
        if (child > 0) kill(child, SIGKILL);
        std::ifstream log(directory + "/initdb.log");
        std::stringstream text;
        text << log.rdbuf();
        return absl::InternalError(absl::StrCat("initdb failed with status ", exit_status, ": ", text.str()));
      }
    }
    status = server->Restart();
    if (status.ok() || attempt == 4) {
      if (!status.ok()) return status;
      return server;
    }
    // The directory is kept for the next attempt.
    server->Stop().IgnoreError();
    std::error_code ignored;
    std::filesystem::rename(directory, directory + ".kept", ignored);
    server.reset();
    std::filesystem::rename(directory + ".kept", directory, ignored);
  }
  return status;
}

std::string PostgresServer::url(absl::string_view database) const {
  return absl::StrCat("postgresql://", kUser, "@127.0.0.1:", port_, "/", database);
}

absl::Status PostgresServer::Restart() {
  // After a kill -9 the shared memory of the last one may need a moment to go.
  const absl::Time deadline = absl::Now() + kPatience;
  absl::Status status;
  for (int attempt = 0; absl::Now() < deadline && attempt < 20; ++attempt) {
    if (status = Launch(); status.ok()) status = AwaitReady();
    if (status.ok()) return status;
    absl::SleepFor(absl::Milliseconds(100));
  }
  return status;
}

absl::Status PostgresServer::Launch() {
  if (running()) return absl::OkStatus();
  std::vector<std::string> command = {
      Programs() + "/postgres", "-D", directory_ + "/data", "-p", absl::StrCat(port_), "-k", directory_};
  std::vector<std::string> settings = {"listen_addresses=127.0.0.1", "fsync=on", "synchronous_commit=on",
                                       "shared_buffers=64MB"};
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  for (const std::string& setting : settings) {
    command.push_back("-c");
    command.push_back(setting);
  }
  pid_ = Spawn(command, directory_ + "/server.log");
  return pid_ > 0 ? absl::OkStatus() : absl::InternalError("cannot start a process");
}

absl::Status PostgresServer::AwaitReady() {
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    int exit_status = 0;
    if (waitpid(pid_, &exit_status, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError(absl::StrCat("PostgreSQL ended at its start:\n", LogTail()));
    }
    if (PQping(url().c_str()) == PQPING_OK) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::DeadlineExceededError(absl::StrCat("PostgreSQL does not answer:\n", LogTail()));
}

absl::Status PostgresServer::End(int signal) {
  if (!running()) return absl::FailedPreconditionError("PostgreSQL does not run");
  int exit_status = 0;
  kill(pid_, signal);
  const bool in_time = Await(pid_, &exit_status);
  if (!in_time) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &exit_status, 0);
  }
  pid_ = 0;
  return in_time ? absl::OkStatus() : absl::DeadlineExceededError("PostgreSQL did not end");
}

absl::Status PostgresServer::Stop() { return End(SIGINT); }

absl::Status PostgresServer::Kill() {
  const std::vector<pid_t> children = running() ? ChildrenOf(pid_) : std::vector<pid_t>();
  const absl::Status status = End(SIGKILL);
  for (const pid_t child : children) kill(child, SIGKILL);
  return status;
}

std::string PostgresServer::LogTail() const {
  std::ifstream log(directory_ + "/server.log");
  std::stringstream text;
  text << log.rdbuf();
  constexpr size_t kTail = 4000;
  std::string all = text.str();
  return all.size() <= kTail ? all : all.substr(all.size() - kTail);
}

}  // namespace costs::postgres
