// The details of a status, as a client reads them. For tests.
#ifndef SERVICE_RPC_TESTING_STATUS_DETAILS_H_
#define SERVICE_RPC_TESTING_STATUS_DETAILS_H_

#include <grpcpp/grpcpp.h>

#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace costs::rpc {

// The detail of that type; empty where there is none.
template <typename Detail>
Detail DetailOf(const google::rpc::Status& status) {
  Detail detail;
  for (const google::protobuf::Any& any : status.details()) {
    if (any.Is<Detail>()) any.UnpackTo(&detail);
  }
  return detail;
}

template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rich;
  EXPECT_TRUE(rich.ParseFromString(status.error_details()));
  EXPECT_EQ(rich.code(), static_cast<int>(status.error_code()));
  return DetailOf<Detail>(rich);
}

}  // namespace costs::rpc

#endif  // SERVICE_RPC_TESTING_STATUS_DETAILS_H_
