#include "service/telemetry/metrics_port.h"

#include <atomic>
#include <string>

#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::telemetry {
namespace {

using ::testing::HasSubstr;
using Tcp = boost::asio::ip::tcp;

std::string Scrape(const std::string& address) {
  const size_t colon = address.rfind(':');
  boost::asio::io_context context;
  Tcp::socket socket(context);
  boost::asio::connect(socket, Tcp::resolver(context).resolve(address.substr(0, colon), address.substr(colon + 1)));
  boost::asio::write(socket, boost::asio::buffer(std::string("GET /metrics HTTP/1.0\r\n\r\n")));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  return answer;
}

TEST(MetricsPort, Scrape_HasEachFigureAsItIsNow) {
  std::atomic<int> written{7};
  auto port = MetricsPort::Start("127.0.0.1:0", [&] {
    return std::vector<Figure>{
        {"costs_records_written_total", "Records.", Figure::Kind::kCounter, static_cast<double>(written)},
        {"costs_records_waiting", "Waiting.", Figure::Kind::kGauge, 3}};
  });
  ASSERT_TRUE(port.ok()) << port.status();
  const std::string first = Scrape((*port)->address());
  EXPECT_THAT(first, HasSubstr("# TYPE costs_records_written_total counter\ncosts_records_written_total 7\n"));
  EXPECT_THAT(first, HasSubstr("# TYPE costs_records_waiting gauge\ncosts_records_waiting 3\n"));
  written = 8;
  EXPECT_THAT(Scrape((*port)->address()), HasSubstr("costs_records_written_total 8\n"));
}

TEST(MetricsPort, PortThatIsTaken_IsAnError) {
  auto first = MetricsPort::Start("127.0.0.1:0", [] { return std::vector<Figure>(); });
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(MetricsPort::Start((*first)->address(), [] { return std::vector<Figure>(); }).ok());
}

}  // namespace
}  // namespace costs::telemetry
