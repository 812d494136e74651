#include "service/rpc/connection_acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace costs::rpc {
namespace {

constexpr int kMostAtOnce = 64;
// After accept() failed, as where the process has no descriptor left.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(50);

absl::Status Failed(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

void SetOption(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

void Watch(int epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Listen(Options options) {
  std::unique_ptr<ConnectionAcceptor> acceptor(new ConnectionAcceptor(std::move(options)));
  const absl::Status opened = acceptor->Open();
  if (!opened.ok()) return opened;
  return acceptor;
}

ConnectionAcceptor::ConnectionAcceptor(Options options)
    : options_(std::move(options)), log_(options_.log, absl::Seconds(10)) {}

ConnectionAcceptor::~ConnectionAcceptor() {
  Stop();
  for (int fd : {epoll_, wake_}) {
    if (fd >= 0) close(fd);
  }
}

absl::Status ConnectionAcceptor::Open() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) return Failed("cannot watch connections");
  Watch(epoll_, wake_, EPOLLIN);

  const size_t colon = options_.listen.rfind(':');
  std::string host = options_.listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? "" : options_.listen.substr(colon + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(absl::StrCat("there is no host '", host, "': ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  // A machine without IPv6 still serves localhost. But an address that is taken is an
  // error, even where another one of the host is free.
  absl::Status first_error;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const absl::Status opened = OpenOne(*address);
    if (opened.ok()) continue;
    // Any free port of the first address may be another's at the next.
    const bool by_chance = port == "0" && !listeners_.empty();
    if (absl::IsAlreadyExists(opened) && !by_chance) return absl::UnavailableError(opened.message());
    if (first_error.ok()) first_error = opened;
  }
  return listeners_.empty() ? first_error : absl::OkStatus();
}

absl::Status ConnectionAcceptor::OpenOne(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Failed("no socket");
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ai_family == AF_INET6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  sockaddr_storage bound{};
  std::memcpy(&bound, address.ai_addr, address.ai_addrlen);
  // Where any free port will do, the host's other addresses have the same.
  if (address.ai_family == AF_INET6) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&bound);
    if (v6->sin6_port == 0) v6->sin6_port = htons(static_cast<uint16_t>(port_));
  } else {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&bound);
    if (v4->sin_port == 0) v4->sin_port = htons(static_cast<uint16_t>(port_));
  }
  if (bind(fd, reinterpret_cast<const sockaddr*>(&bound), address.ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
    const absl::Status failed = errno == EADDRINUSE ? absl::AlreadyExistsError(strerror(errno)) : Failed("bind");
    close(fd);
    return failed;
  }
  port_ = PortOf(fd);
  listeners_.push_back(fd);
  return absl::OkStatus();
}

void ConnectionAcceptor::Start(Take take) {
  take_ = std::move(take);
  for (const int listener : listeners_) Watch(epoll_, listener, EPOLLIN);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionAcceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
    thread_.join();
  }
  for (const int listener : listeners_) close(listener);
  listeners_.clear();
  for (const int watched : watched_) close(watched);
  watched_.clear();
}

void ConnectionAcceptor::Run() {
  std::array<epoll_event, kMostAtOnce> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), kMostAtOnce, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_) return;
      if (std::find(listeners_.begin(), listeners_.end(), fd) != listeners_.end()) {
        AcceptFrom(fd);
      } else {
        Forget(fd);
      }
    }
  }
}

void ConnectionAcceptor::AcceptFrom(int listener) {
  for (int i = 0; i < kMostAtOnce; ++i) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      Add(listener, fd);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    log_.Say(absl::StrCat("the gRPC port cannot take a connection: ", strerror(errno)), absl::Now());
    absl::SleepFor(kAcceptPause);
    return;
  }
}

void ConnectionAcceptor::Add(int listener, int fd) {
  if (watched_.size() >= options_.connections) {
    log_.Say(absl::StrCat("the gRPC port has its ", options_.connections,
                          " connections (--grpc_connections); another one was closed"),
             absl::Now());
    close(fd);
    return;
  }
  const int watched = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (watched < 0) {
    log_.Say(absl::StrCat("the gRPC port cannot take a connection: ", strerror(errno)), absl::Now());
    close(fd);
    return;
  }
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(absl::ToInt64Milliseconds(options_.stall_timeout)));
  watched_.insert(watched);
  open_.store(watched_.size());
  // Before gRPC may end it. A hang-up needs not be asked for.
  Watch(epoll_, watched, 0);
  take_(listener, fd);
}

void ConnectionAcceptor::Forget(int watched) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, watched, nullptr);
  close(watched);
  watched_.erase(watched);
  open_.store(watched_.size());
}

}  // namespace costs::rpc
