// The bytes of a session's connection: in plain text, or through TLS. A stream in
// Asio's sense, so that what reads and writes HTTP need not know which it is.
//
// On the socket's strand only.
#ifndef SERVICE_REST_TRANSPORT_H_
#define SERVICE_REST_TRANSPORT_H_

#include <memory>
#include <optional>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/error.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/error.hpp"

namespace costs::rest {

class Transport {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;
  using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

  // Without a context in plain text.
  Transport(Socket socket, TlsContext context) : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_ != nullptr) tls_.emplace(socket_, *context_);
  }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  bool encrypted() const { return tls_.has_value(); }
  Socket& socket() { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }
  // Only where encrypted.
  SSL* ssl() { return tls_->native_handle(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_.has_value()) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_.has_value()) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  // Only where encrypted. The handlers take an error code.
  template <typename Handler>
  void async_handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  // Says that nothing more comes, and waits until the client says so, too.
  template <typename Handler>
  void async_shutdown(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

  // Whether a read's error is that the client sends nothing more. Many end the TCP
  // connection and leave out TLS's own farewell; HTTP knows how long its messages are,
  // so nothing is lost by that.
  static bool IsEnd(const boost::beast::error_code& error) {
    return error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated;
  }

 private:
  Socket socket_;
  TlsContext context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_TRANSPORT_H_
