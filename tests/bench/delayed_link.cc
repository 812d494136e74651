#include "tests/bench/delayed_link.h"

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/bench/child_process.h"

namespace costs::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// What is under way in one direction; more is read when there is room.
constexpr size_t kMostBytes = size_t{1} << 20;

struct Ends {
  explicit Ends(tcp::socket from_client) : client(std::move(from_client)), server(client.get_executor()) {}
  void Close() {
    error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
  tcp::socket client, server;
};

// One direction of a connection; lives as long as something is under way.
class Direction : public std::enable_shared_from_this<Direction> {
 public:
  Direction(std::shared_ptr<Ends> ends, tcp::socket* from, tcp::socket* to, Clock::duration delay)
      : ends_(std::move(ends)), from_(*from), to_(*to), delay_(delay), timer_(from->get_executor()) {}

  void Read() {
    if (reading_ || ended_ || bytes_ >= kMostBytes) return;
    reading_ = true;
    from_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code error, size_t bytes) {
      self->reading_ = false;
      if (error) {
        self->ended_ = true;
      } else {
        self->bytes_ += bytes;
        self->chunks_.push_back({Clock::now() + self->delay_, std::string(self->buffer_.data(), bytes)});
      }
      self->Write();
      self->Read();
    });
  }

 private:
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };

  void Write() {
    if (writing_) return;
    if (chunks_.empty()) {
      if (ended_) ends_->Close();
      return;
    }
    writing_ = true;
    timer_.expires_at(chunks_.front().due);
    timer_.async_wait([self = shared_from_this()](error_code) {
      asio::async_write(self->to_, asio::buffer(self->chunks_.front().bytes), [self](error_code error, size_t) {
        self->writing_ = false;
        self->bytes_ -= self->chunks_.front().bytes.size();
        self->chunks_.pop_front();
        if (error) return self->ends_->Close();
        self->Write();
        self->Read();
      });
    });
  }

  const std::shared_ptr<Ends> ends_;
  tcp::socket& from_;
  tcp::socket& to_;
  const Clock::duration delay_;
  asio::steady_timer timer_;
  std::array<char, 64 * 1024> buffer_;
  std::deque<Chunk> chunks_;
  size_t bytes_ = 0;
  bool reading_ = false, writing_ = false, ended_ = false;
};

}  // namespace

class DelayedLink::Loop {
 public:
  Loop(uint16_t port, absl::Duration each_way)
      : target_(asio::ip::address_v4::loopback(), port),
        delay_(absl::ToChronoNanoseconds(each_way)),
        acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        address_(absl::StrCat("127.0.0.1:", acceptor_.local_endpoint().port())) {}
  ~Loop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void Start(int core) {
    Accept();
    thread_ = std::thread([this, core] {
      PinToCore(core);
      context_.run();
    });
  }
  const std::string& address() const { return address_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket client) {
      if (error) return;
      Connect(std::make_shared<Ends>(std::move(client)));
      Accept();
    });
  }

  void Connect(const std::shared_ptr<Ends>& ends) {
    ends->server.async_connect(target_, [this, ends](error_code error) {
      if (error) return ends->Close();
      ends->client.set_option(tcp::no_delay(true));
      ends->server.set_option(tcp::no_delay(true));
      std::make_shared<Direction>(ends, &ends->client, &ends->server, delay_)->Read();
      std::make_shared<Direction>(ends, &ends->server, &ends->client, delay_)->Read();
    });
  }

  asio::io_context context_{1};
  const tcp::endpoint target_;
  const Clock::duration delay_;
  tcp::acceptor acceptor_;
  const std::string address_;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<DelayedLink>> DelayedLink::Start(const std::string& target, absl::Duration each_way,
                                                                int core) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(target, ':');
  uint32_t port = 0;
  if (parts.first != "127.0.0.1" || !absl::SimpleAtoi(parts.second, &port) || port == 0 || port > UINT16_MAX) {
    return absl::InvalidArgumentError(absl::StrCat("a link goes to 127.0.0.1:PORT, not to ", target));
  }
  auto loop = std::make_unique<Loop>(static_cast<uint16_t>(port), each_way);
  loop->Start(core);
  return std::unique_ptr<DelayedLink>(new DelayedLink(std::move(loop)));
}

DelayedLink::DelayedLink(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
DelayedLink::~DelayedLink() = default;

const std::string& DelayedLink::address() const { return loop_->address(); }

}  // namespace costs::bench
