#include "service/server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace costs::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ServerConfig Good() {
  ServerConfig config = ConfigFromFlags();
  config.catalog = testing::TempDir();
  return config;
}

TEST(Config, DefaultsWithACatalog_AreFine) { EXPECT_THAT(CheckConfig(Good()), IsEmpty()); }

TEST(Config, Defaults_ListenOnLoopback) {
  EXPECT_EQ(Good().grpc_listen, "127.0.0.1:50051");
  EXPECT_EQ(Good().rest_listen, "127.0.0.1:8080");
}

TEST(Config, NoRestFace_IsFine) {
  ServerConfig config = Good();
  config.rest_listen = "";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
}

TEST(Config, StoreWithOrWithoutACatalog_IsFine) {
  ServerConfig config = Good();
  config.store = testing::TempDir() + "/catalog.sqlite";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
  config.catalog = "";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
  config.store = "catalog.sqlite";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
}

TEST(Config, StoreInADatabase_IsFineAndNamedWithoutItsPassword) {
  ServerConfig config = Good();
  config.store = "postgres://costs:secret@db.example:5433/costs";
  EXPECT_THAT(CheckConfig(config), IsEmpty());
  EXPECT_EQ(StoreName(config), "postgres://db.example:5433/costs");
  config.store = "postgresql://costs:secret@[db.example/costs";
  EXPECT_THAT(CheckConfig(config), ElementsAre(HasSubstr("--store is not a URL")));
  EXPECT_THAT(CheckConfig(config), ElementsAre(Not(HasSubstr("secret"))));
  config.store = "catalog.sqlite";
  EXPECT_EQ(StoreName(config), "catalog.sqlite");
}

TEST(Config, BadSetting_IsNamedWithItsRemedy) {
  const struct {
    std::function<void(ServerConfig*)> change;
    const char* names;
  } cases[] = {
      {[](ServerConfig* c) { c->grpc_listen = "50051"; }, "--grpc_listen is '50051'; it must be host:port"},
      {[](ServerConfig* c) { c->grpc_listen = "localhost:65536"; }, "--grpc_listen"},
      {[](ServerConfig* c) { c->grpc_listen = ""; }, "--grpc_listen"},
      {[](ServerConfig* c) { c->rest_listen = ":8080"; }, "--rest_listen"},
      {[](ServerConfig* c) { c->telemetry.admin_listen = "9464"; }, "--admin_listen is '9464'"},
      {[](ServerConfig* c) { c->catalog = ""; }, "--catalog is required without --store"},
      {[](ServerConfig* c) { c->store = "/nowhere/catalog.sqlite"; },
       "--store is '/nowhere/catalog.sqlite', but there is no directory '/nowhere'"},
      {[](ServerConfig* c) { c->catalog = "/nowhere"; }, "--catalog is '/nowhere', which is not a directory"},
      {[](ServerConfig* c) { c->account_id = ""; }, "--account_id"},
      {[](ServerConfig* c) { c->batch_limit = 1001; }, "--batch_limit is 1001; it must be between 1 and 1000"},
      {[](ServerConfig* c) { c->stream_chunk_limit = 0; }, "--stream_chunk_limit"},
      {[](ServerConfig* c) { c->grpc_message_limit = 1; }, "--grpc_message_limit"},
      {[](ServerConfig* c) { c->rest_body_limit = 1; }, "--rest_body_limit"},
      {[](ServerConfig* c) { c->rest_bulk_limit = 0; }, "--rest_bulk_limit"},
      {[](ServerConfig* c) { c->rest_connections = 0; }, "--rest_connections"},
      {[](ServerConfig* c) { c->rest_threads = 65; }, "--rest_threads"},
      {[](ServerConfig* c) { c->scheduling = "fifo"; }, "--scheduling is 'fifo'; it must be auto, normal or batch"},
      {[](ServerConfig* c) { c->drain_delay = -absl::Seconds(1); }, "--drain_delay"},
      {[](ServerConfig* c) { c->drain_timeout = absl::Hours(2); },
       "--drain_timeout is 2h; it must be between 0 and 1h"},
  };
  for (const auto& c : cases) {
    ServerConfig config = Good();
    c.change(&config);
    EXPECT_THAT(CheckConfig(config), ElementsAre(HasSubstr(c.names)));
  }
}

TEST(Config, SeveralFaults_AreAllNamed) {
  ServerConfig config = Good();
  config.catalog = "";
  config.rest_threads = 0;
  config.grpc_listen = "x";
  EXPECT_EQ(CheckConfig(config).size(), 3u);
}

TEST(ServerConfig, Scheduling_IsForManyAnswersWhereAnUpstreamIsAskedForEach) {
  ServerConfig config = Good();
  for (const auto& [mode, batch] :
       {std::pair<const char*, bool>{"compute", false}, {"shadow", false}, {"proxy", true}, {"fallback", true}}) {
    config.upstream.mode = mode;
    config.scheduling = "auto";
    EXPECT_EQ(UsesBatchScheduling(config), batch) << mode;
    config.scheduling = "batch";
    EXPECT_TRUE(UsesBatchScheduling(config));
    config.scheduling = "normal";
    EXPECT_FALSE(UsesBatchScheduling(config));
  }
}

}  // namespace
}  // namespace costs::server
