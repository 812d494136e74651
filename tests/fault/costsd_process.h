// A costsd on free ports of loopback that may be killed and started again on the
// same ports. For one thread.
#ifndef TESTS_FAULT_COSTSD_PROCESS_H_
#define TESTS_FAULT_COSTSD_PROCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/child_process.h"

namespace costs::fault {

class CostsdProcess {
 public:
  // Flags beside the ports. Does not start it.
  explicit CostsdProcess(std::vector<std::string> flags);

  // Until it serves; false, with why on standard error, where it does not.
  bool Start();
  // As Kubernetes does it: SIGTERM, and waits until it has drained. False where it does not.
  bool Stop();
  // As kill -9.
  void Kill();
  // SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();

  // host:port, the same after each start.
  const std::string& grpc() const { return grpc_; }
  const std::string& rest() const { return rest_; }

 private:
  const std::vector<std::string> flags_;
  std::string grpc_ = "127.0.0.1:0";
  std::string rest_ = "127.0.0.1:0";
  std::unique_ptr<bench::ChildProcess> process_;
};

}  // namespace costs::fault

#endif  // TESTS_FAULT_COSTSD_PROCESS_H_
