#include "client/connection.h"

#include <fstream>
#include <iterator>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace costs {
namespace {

google::protobuf::Struct Parsed(const std::string& json) {
  google::protobuf::Struct parsed;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  return parsed;
}

TEST(ServiceConfig, IsTheOneThatIsRecommended) {
  std::ifstream file("deploy/clients/service_config.json");
  const std::string recommended(std::istreambuf_iterator<char>(file), {});
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(Parsed(recommended), Parsed(ServiceConfig())));
}

TEST(StaysOnThisMachine, IsLoopbackAndSocketFiles) {
  for (const char* here : {"localhost:50051", "127.0.0.1:50051", "127.8.8.8:1", "[::1]:50051", "unix:/run/costs",
                           "dns:///localhost:50051", "dns:localhost:50051", "unix:///run/costs"}) {
    EXPECT_TRUE(StaysOnThisMachine(here)) << here;
  }
  for (const char* elsewhere : {"costs:50051", "10.0.0.1:50051", "localhost.example:1", "[fe80::1]:1", "",
                                "dns:///costs:50051", "dns://127.0.0.1/costs:50051"}) {
    EXPECT_FALSE(StaysOnThisMachine(elsewhere)) << elsewhere;
  }
}

}  // namespace
}  // namespace costs
